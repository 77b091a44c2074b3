/** Everything that the WebAssembly module exports. */
export * from './complex-matmul';
export * from './elementwise';
export * from './equal-windows';
export * from './fourier-image';
export * from './fourier-weights';
export * from './halving';
export * from './image';
export * from './loss';
export * from './matmul';
export * from './nonzeros';
export * from './pooling';
export * from './random';
export * from './skipping';
export * from './skipping-convolution';
export * from './transpose';
export * from './update';
export * from './weight-gradient';
