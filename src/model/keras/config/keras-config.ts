/**
 * A Keras-style configuration as TensorFlow.js's classes take it: `kernel_size` is `kernelSize`, 'fan_avg' 'fanAvg'.
 * Names stay, also where a functional model's connections name layers.
 */
export function camelCased(value: unknown, key = '', place = 0): unknown {
  if (typeof value === 'string') return isName(key, place) ? value : camelCase(value);
  if (Array.isArray(value)) return value.map((item, index) => camelCased(item, key, index));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([field, item]) => [
      camelCase(field),
      camelCased(item, camelCase(field), Number.NaN),
    ]),
  );
}

const isName = (key: string, place: number): boolean =>
  key === 'name' || (place === 0 && ['inboundNodes', 'inputLayers', 'outputLayers'].includes(key));

/** Names that TensorFlow.js itself has with an underscore. */
const kept: readonly string[] = ['gelu_new'];

const camelCase = (text: string): string =>
  kept.includes(text) ? text : text.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
