/** `gradpool init`: what a project of one's own begins with. */
import { lstatSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { inputError, messageOf, usageError } from '../../errors.ts';
import { writeDurably } from '../../files/atomic-file.ts';
import { quoted } from '../print/command-line.ts';
import { print } from '../print/output.ts';
import { configurable, kindOf } from '../typed/option-kinds.ts';

/**
 * Writes a configuration and a model into a directory.
 * @throws GradpoolError of kind 'usage' where a file of these names is there already: nothing is written then
 */
export async function initCommand(directory: string, train: Command): Promise<void> {
  const files = { 'train.yaml': configuration(train), 'model.mjs': model };
  await orRefuse(directory, () => mkdir(directory, { recursive: true }));
  const there = Object.keys(files).filter((name) =>
    lstatSync(join(directory, name), { throwIfNoEntry: false }),
  );
  if (there.length > 0)
    throw usageError(
      `Expected a directory without ${there.join(' and ')}, which would be overwritten, got ${directory}; name another one`,
    );
  for (const [name, text] of Object.entries(files))
    await orRefuse(directory, () => writeDurably(join(directory, name), new TextEncoder().encode(text)));
  for (const name of Object.keys(files)) print(`wrote ${join(directory, name)}`);
  print(`train it: gradpool train --config ${quoted(join(directory, 'train.yaml'))}`);
}

async function orRefuse(directory: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw inputError(`Could not write into ${directory}: ${messageOf(error)}; name another directory`, error);
  }
}

/** What the example sets; every other option stands there as a comment. */
const chosen: Readonly<Record<string, string>> = {
  ...{ model: 'model.mjs', run: 'runs/first', batchSize: '100', epochs: '1', seed: '1' },
  ...{ optimizer: 'adam', learningRate: '0.001' },
};

function configuration(train: Command): string {
  const options = configurable(train.options);
  const headings = new Set(options.map(({ helpGroupHeading }) => helpGroupHeading));
  const groups = [...headings].map((heading) => {
    const own = options.filter(({ helpGroupHeading }) => helpGroupHeading === heading);
    return [`# ${heading}`, ...own.flatMap(lines)].join('\n');
  });
  return `${head}\n${groups.join('\n\n')}\n`;
}

const head = `# yaml-language-server: $schema=./node_modules/gradpool/schema/train.json
#
# How this training goes:           gradpool train --config train.yaml
# What is typed goes before it:     gradpool train --config train.yaml --epochs 5
# Go on with it, after a stop too:  gradpool train --config train.yaml --resume
# See how good the model is:        gradpool evaluate --run runs/first
#
# Paths are from where this file lies. Take away a # to set an option.
`;

function lines(option: Command['options'][number]): string[] {
  const name = option.attributeName();
  const value = chosen[name];
  return [
    `# ${option.description}`,
    value === undefined ? `# ${name}: ${example(option)}`.trimEnd() : `${name}: ${value}`,
  ];
}

/** A value of the right kind: the default where there is one. */
function example(option: Command['options'][number]): string {
  const kind = kindOf(option);
  const [, byDefault] = /\(default: ([^()\s]+)\)$/.exec(option.description) ?? [];
  switch (kind.type) {
    case 'flag':
      return 'true';
    case 'names':
      return `[${kind.names[0]}]`;
    case 'list':
      return '[]';
    case 'file':
    case 'directory':
      return '';
    default:
      return byDefault ?? '';
  }
}

const model = `// The network that train.yaml names. It gets the shape of the data's examples and the number of their classes.
import * as tf from '@tensorflow/tfjs-layers';

/** @param {import('gradpool').CreateModelOptions} options */
export default ({ inputShape, classes }) =>
  tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape, filters: 16, kernelSize: 3, padding: 'same', activation: 'relu' }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.conv2d({ filters: 32, kernelSize: 3, padding: 'same', activation: 'relu' }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.flatten(),
      // Logits: the default loss takes the softmax itself.
      tf.layers.dense({ units: classes }),
    ],
  });
`;
