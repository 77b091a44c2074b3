import { maskOf, outputPlace, type RecurrentLayer, timeOf } from '../../../model/sequence-layers.ts';
import { keeps, type Words } from '../layers/dropout.ts';
import { cells, type State, type Step } from './cells.ts';

/** What a layer reads: [times, inputs], and which times count, [times]; without a mask all. */
export interface Sequence {
  readonly input: Float64Array;
  readonly mask?: Float64Array | undefined;
}

/**
 * Steps through the times of an example, the last one first where the layer goes backwards.
 * @returns [times, units], or the last step's [units]
 */
export function recurrentForward(
  layer: RecurrentLayer,
  parameters: Float64Array,
  input: Sequence,
  words: Words | undefined,
): Float64Array {
  const steps = stepsOf(layer, parameters, input, words);
  if (!layer.returnSequences) return steps[steps.length - 1].newH;
  const output = new Float64Array(layer.times * layer.units);
  for (const [place, { newH }] of steps.entries()) output.set(newH, outputPlace(layer, place) * layer.units);
  return output;
}

/**
 * Adds the weights' gradients to `dParameters`.
 * @returns dInput [times, inputs]
 */
export function recurrentBackward(
  layer: RecurrentLayer,
  parameters: Float64Array,
  { input, mask, dOutput }: Sequence & { readonly dOutput: Float64Array },
  words: Words | undefined,
  dParameters: Float64Array,
): Float64Array {
  const { units, inputs, times, returnSequences } = layer;
  const steps = stepsOf(layer, parameters, { input, mask }, words);
  const factors = factorsOf(layer, words);
  const dInput = new Float64Array(times * inputs);
  let d: State = zeroState(layer);
  for (const [place, step] of [...steps.entries()].toReversed()) {
    const outer = returnSequences
      ? dOutput.subarray(outputPlace(layer, place) * units, (outputPlace(layer, place) + 1) * units)
      : place === times - 1
        ? dOutput
        : undefined;
    const h = outer === undefined ? d.h : d.h.map((value, u) => value + outer[u]);
    if (mask?.[timeOf(layer, place)] === 0) {
      d = { h, c: d.c };
      continue;
    }
    const { dX, dH, dC } = cells[layer.kind].backward(layer, parameters, step, { h, c: d.c }, dParameters);
    dInput.set(scaled(dX, factors.input), timeOf(layer, place) * inputs);
    d = { h: scaled(dH, factors.state), c: dC };
  }
  return dInput;
}

function stepsOf(
  layer: RecurrentLayer,
  parameters: Float64Array,
  { input, mask }: Sequence,
  words: Words | undefined,
): Step[] {
  const { inputs, times } = layer;
  const factors = factorsOf(layer, words);
  const steps: Step[] = [];
  let state = zeroState(layer);
  for (let place = 0; place < times; place++) {
    const time = timeOf(layer, place);
    const x = scaled(input.subarray(time * inputs, (time + 1) * inputs), factors.input);
    const before = { h: scaled(state.h, factors.state), c: state.c };
    const made = cells[layer.kind].forward(layer, parameters, x, before);
    const step = mask?.[time] === 0 ? { ...made, newH: state.h, newC: state.c } : made;
    steps.push(step);
    state = { h: step.newH, c: step.newC };
  }
  return steps;
}

/** An example has one mask for its inputs and one for its states, the same at all times. */
function factorsOf(layer: RecurrentLayer, words: Words | undefined) {
  const factors = (which: 'input' | 'state', size: number) => {
    const mask = maskOf(layer, which);
    if (words === undefined || mask.rate === 0) return undefined;
    return Float64Array.from({ length: size }, (_, i) => (keeps(words, mask, i) ? 1 / (1 - mask.rate) : 0));
  };
  return { input: factors('input', layer.inputs), state: factors('state', layer.units) };
}

const scaled = (values: Float64Array, factors: Float64Array | undefined): Float64Array =>
  factors === undefined ? values : values.map((value, i) => value * factors[i]);

const zeroState = ({ units }: RecurrentLayer): State => ({
  h: new Float64Array(units),
  c: new Float64Array(units),
});
