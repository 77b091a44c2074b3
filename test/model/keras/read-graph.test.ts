/** Functional and nested models: how the layers are connected, and in which order the weights are. */
import '@tensorflow/tfjs-backend-cpu';
import {
  input,
  type LayersModel,
  layers,
  model,
  type SymbolicTensor,
  sequential,
} from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { readNetwork } from '../../../src/model/keras/read-network.ts';
import { isSequential } from '../../../src/model/network.ts';
import { modelSpec } from '../../../src/model/tfjs/layers-model.ts';
import { integers } from '../../../testing/engine/values.ts';

type Layer = LayersModel['layers'][number];

describe('a model of random branches, nested and frozen layers has its weights as TensorFlow.js orders them', () => {
  test.for(Array.from({ length: 40 }, (_, seed) => [seed]))('%i', ([seed]) => {
    const made = randomModel(seed);
    const { network } = modelSpec(made);
    const shown = ({ name, shape }: { name: string; shape: readonly (number | null)[] }) =>
      `${name} [${shape.join(', ')}]`;
    expect(network.parameters.map(shown)).toEqual(
      made.weights.map(({ originalName, shape }) => shown({ name: originalName, shape })),
    );
    const trained = network.parameters.filter(({ untrained }) => untrained === undefined);
    expect(trained).toHaveLength(made.trainableWeights.length);
    const numbers = new Map(allLayers(made).map(({ name }, index) => [name, index]));
    for (const { name, index, reads } of network.layers) {
      expect(index, name).toBe(numbers.get(name));
      for (const tensor of reads) expect(tensor).toBeLessThanOrEqual(network.layers.length);
    }
    for (const [place, { reads }] of network.layers.entries())
      expect(Math.max(...reads), 'a layer stands behind what it reads').toBeLessThanOrEqual(place);
  });
});

/** With those of models in it. */
const allLayers = (made: LayersModel): Layer[] =>
  made.layers.flatMap((layer) => ('layers' in layer ? allLayers(layer as unknown as LayersModel) : [layer]));

function randomModel(seed: number): LayersModel {
  const numbers = integers(3000 + seed, 200, 2 ** 16).values();
  const below = (count: number): number => (numbers.next().value as number) % count;
  const inputs = input({ shape: [4] });
  const tensors: SymbolicTensor[] = [inputs];
  const any = () => tensors[below(tensors.length)];
  const width = (tensor: SymbolicTensor) => tensor.shape[1] as number;
  const dense = (units: number) => layers.dense({ units, trainable: below(3) > 0 });
  const makers: readonly (() => SymbolicTensor)[] = [
    () => dense(4).apply(any()) as SymbolicTensor,
    () => layers.add().apply([any(), any()].map((one) => dense(3).apply(one)) as SymbolicTensor[]) as never,
    () => layers.concatenate().apply([any(), any(), any()]) as SymbolicTensor,
    () => layers.batchNormalization({ trainable: below(2) > 0 }).apply(any()) as SymbolicTensor,
    () => layers.dropout({ rate: 0.3 }).apply(any()) as SymbolicTensor,
    () => nested(width(any()), below(2) > 0).apply(dense(5).apply(any()) as SymbolicTensor) as SymbolicTensor,
    () => {
      const shared = dense(4);
      const ends = [any(), any()].map((one) => shared.apply(layers.dense({ units: 3 }).apply(one)));
      return layers.add().apply(ends as SymbolicTensor[]) as SymbolicTensor;
    },
  ];
  for (let count = 0; count < 8; count++) tensors.push(makers[below(makers.length)]());
  const ends = layers.concatenate().apply([inputs, tensors[tensors.length - 1], any()]) as SymbolicTensor;
  return model({ inputs, outputs: layers.dense({ units: 3 }).apply(ends) as SymbolicTensor });
}

function nested(units: number, isSequential: boolean): LayersModel {
  if (isSequential)
    return sequential({
      layers: [
        layers.dense({ inputShape: [5], units, trainable: false }),
        layers.batchNormalization(),
        layers.dropout({ rate: 0.1 }),
      ],
    });
  const inputs = input({ shape: [5] });
  const branch = layers.dense({ units: 5, activation: 'relu' }).apply(inputs) as SymbolicTensor;
  const outputs = layers.add().apply([inputs, branch]) as SymbolicTensor;
  return model({ inputs, outputs });
}

describe('readNetwork', () => {
  test('numbers tensors in the order of the layers', () => {
    const network = readNetwork(functional(diamond));
    expect(network.layers.map(({ name, reads }) => [name, reads])).toEqual([
      ['a', [0]],
      ['b', [0]],
      ['b', [2]],
      ['sum', [1, 3]],
      ['out', [4]],
    ]);
    expect(isSequential(network)).toBe(false);
  });

  test('reads a functional model without branches as the sequential one', () => {
    const chain = functional(
      [node('InputLayer', 'in', [], { batch_input_shape: [null, 3] }), node('Dense', 'a', ['in'])],
      'a',
    );
    const layer = { class_name: 'Dense', config: { name: 'a', units: 2, batch_input_shape: [null, 3] } };
    const {
      layers: [functionalLayer],
      ...rest
    } = readNetwork(chain);
    const {
      layers: [sequentialLayer],
      ...expected
    } = readNetwork({ class_name: 'Sequential', config: { layers: [layer] } });
    expect(rest).toEqual(expected);
    expect(functionalLayer).toEqual({ ...sequentialLayer, index: 1 });
  });

  test('takes a nested model at the beginning, and the softmax of one at the end', () => {
    const made = sequential({
      layers: [
        sequential({ layers: [layers.dense({ inputShape: [4], units: 5, activation: 'tanh' })] }) as never,
        sequential({ layers: [layers.dense({ inputShape: [5], units: 3, activation: 'softmax' })] }) as never,
      ],
    });
    const { network } = modelSpec(made);
    expect(network).toMatchObject({ input: [4], output: [3], endsInSoftmax: true });
    expect(network.layers.map(({ kind }) => kind)).toEqual(['dense', 'activation', 'dense']);
    expect(isSequential(network)).toBe(true);
  });

  test('leaves out what does not lead to the output', () => {
    const network = readNetwork(functional([...diamond, node('Dense', 'unused', ['a'])]));
    expect(network.layers.map(({ name }) => name)).not.toContain('unused');
    expect(network.parameters.map(({ name }) => name)).not.toContain('unused/kernel');
  });

  test('gives a layer that is called twice one kernel', () => {
    const shared = [
      node('InputLayer', 'in', [], { batch_input_shape: [null, 2] }),
      { ...node('Dense', 'a', ['in']), inbound_nodes: [[['in', 0, 0, {}]], [['a', 0, 0, {}]]] },
      {
        ...node('Add', 'out', []),
        inbound_nodes: [
          [
            ['a', 0, 0, {}],
            ['a', 1, 0, {}],
          ],
        ],
      },
    ];
    const network = readNetwork(functional(shared));
    const [first, second] = network.layers;
    expect(second).toEqual({ ...first, reads: [1] });
    expect(network.parameterCount).toBe(6);
  });
});

interface Node {
  readonly class_name: string;
  readonly name: string;
  readonly config: object;
  readonly inbound_nodes: readonly unknown[];
}

const node = (class_name: string, name: string, reads: readonly string[], config: object = {}): Node => ({
  class_name,
  name,
  config: { name, ...(class_name === 'Dense' ? { units: 2 } : {}), ...config },
  inbound_nodes: reads.length === 0 ? [] : [reads.map((read) => [read, 0, 0, {}])],
});

const functional = (
  list: readonly Node[],
  output = 'out',
  outputs: readonly unknown[] = [[output, 0, 0]],
) => ({
  class_name: 'Functional',
  config: { name: 'model', layers: list, input_layers: [['in', 0, 0]], output_layers: outputs },
});

const inputLayer = node('InputLayer', 'in', [], { batch_input_shape: [null, 3] });
const diamond = [
  inputLayer,
  node('Dense', 'a', ['in']),
  node('Dense', 'b', ['in'], { activation: 'relu' }),
  node('Add', 'sum', ['a', 'b']),
  node('Dense', 'out', ['sum']),
];
const without = (name: string) => diamond.filter((one) => one.name !== name);

describe('readNetwork refuses in one line', () => {
  test.for<[string, object, string]>([
    [
      'a cycle',
      functional([...without('b'), node('Dense', 'b', ['sum'])]),
      "Expected the model's layers to form no cycle, got one through layer",
    ],
    [
      'a cycle beside the way to the output',
      functional([...diamond, node('Dense', 'c', ['d']), node('Dense', 'd', ['c'])]),
      'to form no cycle',
    ],
    ['a layer that reads itself', functional([...diamond, node('Dense', 'c', ['c'])]), 'to form no cycle'],
    [
      'an output that does not depend on the input',
      functional([
        inputLayer,
        node('InputLayer', 'other', [], { batch_input_shape: [null, 3] }),
        node('Dense', 'out', ['other']),
      ]),
      'Expected layer "other" (InputLayer) to read another one',
    ],
    [
      'a layer that reads nothing',
      functional([...without('a'), node('Dense', 'a', [])]),
      'Expected layer "a" (Dense) to read another one or to be the model\'s input, got no connection',
    ],
    ['a connection to no layer', functional(without('a')), 'name "a", which is none of the model\'s layers'],
    [
      'a call that is not there',
      functional([...without('out'), { ...node('Dense', 'out', []), inbound_nodes: [[['sum', 3, 0, {}]]] }]),
      'name call 3 of "sum" (Add), which has 1',
    ],
    ['a name used twice', functional([...diamond, node('Dense', 'a', ['in'])]), 'got "a" twice'],
    [
      'inputs of unequal shapes that meet',
      functional([...without('a'), node('Dense', 'a', ['in'], { units: 5 })]),
      'Expected layer "sum" (Add) to read inputs of one shape, or of shapes that can be broadcast to one, got the shapes [5] and [2]',
    ],
    [
      'inputs that differ in two axes',
      functional([
        inputLayer,
        node('Dense', 'a', ['in'], { units: 6 }),
        node('Reshape', 'x', ['a'], { target_shape: [2, 3] }),
        node('Reshape', 'y', ['a'], { target_shape: [3, 2] }),
        node('Concatenate', 'sum', ['x', 'y']),
        node('Flatten', 'flat', ['sum']),
        node('Dense', 'out', ['flat']),
      ]),
      'to read inputs that differ in axis 2 only, got the shapes [2, 3] and [3, 2]',
    ],
    [
      'an axis that is not there',
      functional([...without('sum'), node('Concatenate', 'sum', ['a', 'b'], { axis: 2 })]),
      'Expected `axis` of layer "sum" (Concatenate) to be a whole number from 1 to 1',
    ],
    [
      'a layer that adds one tensor',
      functional([...without('sum'), node('Add', 'sum', ['a'])]),
      'Expected layer "sum" (Add) to read two tensors or more, got 1',
    ],
    [
      'a difference of three tensors',
      functional([...without('sum'), node('Subtract', 'sum', ['a', 'b', 'a'])]),
      'Expected layer "sum" (Subtract) to read two tensors, got 3',
    ],
    [
      'a product of tensors that may be normalised or not',
      functional([...without('sum'), node('Dot', 'sum', ['a', 'b'], { axes: 1, normalize: 1 })]),
      'Expected `normalize` of layer "sum" (Dot) to be true or false, got 1',
    ],
    [
      'a product along an axis that is not there',
      functional([...without('sum'), node('Dot', 'sum', ['a', 'b'], { axes: [1, 2] })]),
      'Expected `axes` of layer "sum" (Dot) to be a whole number from 1 to 1, or -1 for the last one, got 2',
    ],
    [
      'a product along axes of different lengths',
      functional([
        ...without('sum'),
        node('Dense', 'wide', ['in'], { units: 7 }),
        node('Dot', 'sum', ['a', 'wide'], { axes: 1 }),
      ]),
      'Expected layer "sum" (Dot) to read inputs whose axes, 1, are equally long, got the shapes [',
    ],
    [
      'a dense layer of two tensors',
      functional([...without('out'), node('Dense', 'out', ['a', 'b'])]),
      'Expected layer "out" (Dense) to read one tensor, got 2',
    ],
    [
      'several outputs',
      functional(diamond, 'out', [
        ['out', 0, 0],
        ['a', 0, 0],
      ]),
      'Expected a model with one output, got one with 2: only `fit`, `fitDataset` and `trainOnBatch` train models with several inputs or outputs',
    ],
    [
      'no outputs',
      functional(diamond, 'out', []),
      'Expected `output_layers` of the model to be a list, got []',
    ],
    [
      'nothing that trains',
      functional(diamond.map((one) => ({ ...one, config: { ...one.config, trainable: false } }))),
      'All layers of the model with parameters are frozen (`trainable` is false): there is nothing to train',
    ],
    [
      'a layer shared by tensors of two shapes',
      functional([
        ...without('sum'),
        node('Dense', 'wide', ['in'], { units: 7 }),
        { ...node('Dense', 's', []), inbound_nodes: [[['a', 0, 0, {}]], [['wide', 0, 0, {}]]] },
        {
          ...node('Add', 'sum', []),
          inbound_nodes: [
            [
              ['s', 0, 0, {}],
              ['s', 1, 0, {}],
            ],
          ],
        },
      ]),
      'Expected layer "s" (Dense) to read tensors of one shape',
    ],
    [
      'weights of one name in two nested models',
      { class_name: 'Sequential', config: { layers: [nest('first', 3), nest('second', 2)] } },
      'Expected every weight of the model to have a name of its own, got "d/kernel" twice',
    ],
    [
      'a nested model that does not fit',
      { class_name: 'Sequential', config: { layers: [nest('first', 3, 'c'), nest('second', 4)] } },
      'Expected the input of the nested model "second" (Sequential) to be of its shape [4], got [2]',
    ],
    [
      'a recurrent layer with an initial state',
      functional([
        ...without('sum'),
        {
          ...node('LSTM', 'sum', [], { units: 2 }),
          inbound_nodes: [
            [
              ['a', 0, 0, {}],
              ['a', 0, 1, {}],
            ],
          ],
        },
      ]),
      'Expected layer "sum" (LSTM) to begin with a state of zeros, got an initial state, which TensorFlow.js itself',
    ],
    [
      'another output than the first of a layer',
      functional([...without('sum'), { ...node('Add', 'sum', []), inbound_nodes: [[['a', 0, 1, {}]]] }]),
      '"sum" (Add) is not supported by the embedded engines: it reads another output than the first of "a"',
    ],
    [
      'a nested model that is frozen as a whole',
      {
        class_name: 'Sequential',
        config: {
          layers: [{ ...nest('first', 3), config: { ...nest('first', 3).config, trainable: false } }],
        },
      },
      'set it for the layers in it',
    ],
    ['models in models without end', deep(60), 'Expected models in models at most 50 deep, got more'],
  ])('%s', ([, topology, message]) => {
    expect(() => readNetwork(topology)).toThrow(message);
    expect(() => readNetwork(topology)).toThrow(/^[^\n]{1,400}$/);
  });

  test('a chain of thousands of layers is no reason to fail', () => {
    const list = [inputLayer, node('Dense', 'l0', ['in'])];
    for (let i = 1; i < 9000; i++) list.push(node('Dense', `l${i}`, [`l${i - 1}`]));
    expect(readNetwork(functional(list.toReversed(), 'l8999')).layers).toHaveLength(9000);
  });
});

function nest(name: string, width: number, layer = 'd') {
  const config = { name: layer, units: 2, batch_input_shape: [null, width] };
  return { class_name: 'Sequential', config: { name, layers: [{ class_name: 'Dense', config }] } };
}

function deep(levels: number): object {
  let made = nest('inner', 3);
  for (let level = 0; level < levels; level++)
    made = { class_name: 'Sequential', config: { name: `level${level}`, layers: [made as never] } };
  return made;
}
