/** What each engine makes of weights with constraints, once an update has made them. */
import { describe, expect, test } from 'vitest';
import { referenceEngine } from '../../src/engine/reference/reference.ts';
import { tensorflowEngine } from '../../src/engine/tensorflow/tensorflow.ts';
import { wasmEngine } from '../../src/engine/wasm/wasm.ts';
import { constrain } from '../../src/optimizer/constraint.ts';
import { compiled } from '../../testing/engine/compiled.ts';
import {
  constrainedNetworks,
  norm,
  normalizedConstraints,
} from '../../testing/engine/constrained-networks.ts';
import { relativeError, uniform } from '../../testing/engine/values.ts';
import { workbench } from '../../testing/engine/workbench.ts';
import { missing, topologyOf } from '../../testing/tensorflow.ts';

const engines = [wasmEngine, referenceEngine, tensorflowEngine];
const networks = { ...constrainedNetworks, 'constraints of gamma and beta': normalizedConstraints };

describe.for(engines)('the engine $name', (factory) => {
  test.for(Object.entries(networks))('%s: gives what the formulas give', async ([, network], { skip }) => {
    skip(factory === tensorflowEngine && missing !== undefined, missing);
    const topology = factory === tensorflowEngine ? topologyOf(network) : {};
    const work = workbench({
      factory,
      kernels: await compiled('relaxed'),
      network,
      topology,
      maxExamples: 2,
    });
    const natural = uniform(77, network.parameterCount, -0.6, 0.6);
    const packed = work.pack(natural);
    const made = work.constrain(packed);
    expect(work.pack(work.unpack(made)), 'padding stays zero').toEqual(made);
    const actual = work.unpack(made);
    for (const { name, shape, offset, size, constraint, untrained } of network.parameters) {
      const [before, after] = [natural, actual].map((values) => values.slice(offset, offset + size));
      if (constraint === undefined || untrained !== undefined) expect(after, name).toEqual(before);
      else {
        expect(after, name).not.toEqual(before);
        constrain(constraint, { shape }, before);
        expect(relativeError(after, before), name).toBeLessThanOrEqual(1e-7);
      }
    }
  });
});

test.for([1, 2, 3, 8, 50])(
  'the engine wasm gives the gradients of a weight to one of %d parts, each once',
  async (parts) => {
    for (const network of Object.values(networks)) {
      const work = workbench({
        factory: wasmEngine,
        kernels: await compiled('relaxed'),
        network,
        maxExamples: 2,
      });
      work.gradient({ indices: [1, 2] });
      const seen = new Set<number>();
      const owners = new Map<number, number>();
      for (let part = 0; part < parts; part++)
        for (const { first, floats } of work.deferredBlocks(part, parts)) {
          expect(seen.has(first)).toBe(false);
          seen.add(first);
          const weight = work.constraints.find((one) => first >= one.first && first < one.first + one.floats);
          if (weight === undefined) continue;
          expect(first + floats).toBeLessThanOrEqual(weight.first + weight.floats);
          expect(owners.get(weight.first) ?? part).toBe(part);
          owners.set(weight.first, part);
        }
      expect(seen.size).toBe(work.deferredBlocks(0, 1).length);
    }
  },
);

describe('the formulas', () => {
  const values = () => Float32Array.of(3, -1, 4, 0.5);
  test.for([
    {
      name: 'a largest norm by column',
      constraint: norm([0], 0, 2.5),
      expected: [1.5, -1, 2, 0.5],
    },
    { name: 'norms of 1 by row', constraint: norm([1], 1, 1), expected: [0.9487, -0.3162, 0.9923, 0.124] },
    {
      name: 'half of the way into bounds, of all values',
      constraint: norm([0, 1], 1, 2, 0.5),
      expected: [2.0855, -0.6952, 2.7807, 0.3476],
    },
    { name: 'no value below 0', constraint: { kind: 'nonNegative' } as const, expected: [3, 0, 4, 0.5] },
  ])('$name', ({ constraint, expected }) => {
    const made = values();
    constrain(constraint, { shape: [2, 2] }, made);
    for (const [at, value] of expected.entries()) expect(made[at]).toBeCloseTo(value, 3);
  });
});
