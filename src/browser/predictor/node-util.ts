/** In the place of node:util, in the browser: what messages ask of values. */
export const types = {
  isNativeError: (value: unknown): boolean => value instanceof Error,
  isPromise: (value: unknown): boolean => value instanceof Promise,
  isProxy: (): boolean => false,
  isTypedArray: (value: unknown): boolean => ArrayBuffer.isView(value) && !(value instanceof DataView),
};
