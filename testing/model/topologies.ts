/** Topologies as a file holds them, with as few fields as a layer needs. */
export interface LayerJson {
  readonly class_name: string;
  readonly config: object;
}

export const model = (...layers: readonly LayerJson[]) => ({
  class_name: 'Sequential',
  config: { name: 'model', layers },
});

/** Two units. */
export const dense = (config: object = {}): LayerJson => ({
  class_name: 'Dense',
  config: { name: 'dense', units: 2, ...config },
});

/** Two filters of 3x3. */
export const conv2d = (config: object = {}): LayerJson => ({
  class_name: 'Conv2D',
  config: { name: 'conv2d', filters: 2, kernel_size: [3, 3], ...config },
});
