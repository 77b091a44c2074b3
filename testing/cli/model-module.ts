/** A small model's module, plain JavaScript that finds TensorFlow.js from anywhere. */
export function modelModule(layers: string): string {
  const tfjs = import.meta.resolve('@tensorflow/tfjs-layers');
  return `import { layers, sequential } from '${tfjs}';
export default ({ inputShape, classes }) => sequential({ layers: [${layers}] });
`;
}
