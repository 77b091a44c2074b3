import { tensorflowEngine } from '../../../src/engine/tensorflow/tensorflow.ts';
import { compiled } from '../../../testing/engine/compiled.ts';
import { missing, topologyOf } from '../../../testing/tensorflow.ts';
import { describeEngine } from '../contract.ts';

describeEngine(tensorflowEngine, {
  kernels: () => compiled('relaxed'),
  // As for the wasm engine: sums of some hundreds of float32 products.
  tolerance: 2e-6,
  alone: 'within tolerance',
  passesOverNan: {
    networks: ['max pooling, then relu', 'leaky relu on images, in front of pooling and first'],
    why: "TensorFlow's max pooling passes over NaN; the update refuses what is not finite",
  },
  wholeEach: 8,
  topologyOf,
  missing,
});
