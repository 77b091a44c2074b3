/** The memory of a training is one WebAssembly memory: 64 KiB pages, addresses of 32 bits. */
export const mostMemoryBytes = 2 ** 32 - 65536;

/** In MiB, rounded up. */
export const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;
