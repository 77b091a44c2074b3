/** The floors of src, and what does not keep to them yet. */
import type { Arrow, Floor } from './imports.ts';

/**
 * The highest first. What is on a floor may import what is on the floors below, and what is in the same room (the same
 * entry), but no neighbour on its floor. A file that is an entry of its own is not in its folder's room.
 */
export const floors: readonly Floor[] = [
  ['src/cli/'],
  ['src/index.ts'],
  ['src/fit/', 'src/saved-model.ts'],
  ['src/coordinator/'],
  ['src/coordinator/pool/'],
  ['src/worker/'],
  ['src/engine/'],
  ['src/engine/reference/', 'src/engine/tensorflow/', 'src/engine/wasm/', 'src/optimizer/', 'src/reduction/'],
  ['src/engine/wasm/kernels/'],
  ['src/engine/wasm/kernels/assembly/'],
  ['src/protocol.ts'],
  ['src/config.ts'],
  ['src/data/'],
  ['src/engine/engine.ts'],
  ['src/model/'],
  ['src/check.ts', 'src/start-thread.ts', 'src/tensorflow-package.ts', 'src/unbundled.ts'],
  ['src/errors.ts'],
  [
    ...[
      'src/address-space.ts',
      'src/callbacks.ts',
      'src/file-kind.ts',
      'src/memory-limit.ts',
      'src/module-url.ts',
    ],
    ...['src/package-version.ts', 'src/random.ts', 'src/sha256.ts', 'src/shown.ts'],
    ...['src/tensorflow-environment.ts', 'src/thread-options.ts', 'src/wide-kernels.ts'],
  ],
];

/** An arrow against the floors that is known, and why it is there. The list only becomes shorter. */
export interface Exception extends Arrow {
  readonly reason: string;
}

const modelSpec = 'ModelSpec, a word of the model, stands in protocol.ts';

export const exceptions: readonly Exception[] = [
  { from: 'src/model/layers-model.ts', to: 'src/protocol.ts', reason: modelSpec },
  { from: 'src/model/read-model-file.ts', to: 'src/protocol.ts', reason: modelSpec },
  { from: 'src/model/mnist-cnn-spec.ts', to: 'src/protocol.ts', reason: modelSpec },
  {
    from: 'src/optimizer/optimizer.ts',
    to: 'src/engine/wasm/kernels.ts',
    reason: 'the kernels serve all, and lie in the folder of one engine',
  },
];

/** A circle that is known, in the order of the alphabet, and why. These lists only become shorter too. */
export interface Circle {
  readonly members: readonly string[];
  readonly reason: string;
}

export const fileCircles: readonly Circle[] = [
  {
    members: ['in-this-thread', 'job', 'pool', 'seat', 'supervised'].map(
      (name) => `src/coordinator/pool/${name}.ts`,
    ),
    reason: "the pool's own interface stands in the file that makes pools",
  },
];

export const folderCircles: readonly Circle[] = [
  {
    members: [
      ...['src/config.ts', 'src/data', 'src/engine', 'src/engine/reference', 'src/engine/tensorflow'],
      ...['src/engine/wasm', 'src/model', 'src/protocol.ts'],
    ],
    reason:
      'words in the wrong rooms (see the exceptions; input and target types, choices of engine and SIMD in engine.ts); the list of engines and two of them beside their interface, above their own folders',
  },
];
