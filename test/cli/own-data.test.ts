import { readFileSync } from 'node:fs';
import { encode } from 'fast-png';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadModel, saveModel } from '../../src/index.ts';
import { expectRefusal, sandbox } from '../../testing/cli/sandbox.ts';
import { type Column, parquetOf } from '../../testing/data/parquet.ts';
import { ended } from '../../testing/programs.ts';

const box = sandbox();
const { run, write, path, start } = box;
const side = 8;

/** A bright row for each class, brighter in each example. */
const picture = (label: number, example: number) =>
  Uint8Array.from({ length: side * side }, (_, at) =>
    Math.floor(at / side) === 2 * label + 1 ? 150 + 5 * example : at % 7,
  );
const png = (label: number, example: number) =>
  encode({ width: side, height: side, channels: 1, depth: 8, data: picture(label, example) });
const names = ['ant', 'bee', 'cat'];

beforeAll(async () => {
  for (let example = 0; example < 15; example++)
    for (const [label, name] of names.entries()) write(`insects/${name}/${example}.png`, png(label, example));
  const settings = ['--batch-size', '9', '--epochs', '8', '--learning-rate', '0.02', '--workers', '1'];
  const end = await run('--data', 'insects', '--run', 'run', '--test-split', '0.4', ...settings);
  expect(end.stdout).toMatch(
    /insects: 27 training and 18 test images of 8 x 8 x 1, 3 classes[\s\S]*accuracy: 1,/,
  );
});

test('train --stream reads them as they are trained on, with the same bits; its run knows that when it goes on.', async () => {
  const settings = ['--batch-size', '9', '--learning-rate', '0.02', '--workers', '2', '--run', 'streamed'];
  const begun = await run(
    '--data',
    'insects',
    '--stream',
    '--test-split',
    '0.4',
    ...settings,
    '--steps',
    '4',
  );
  expect(begun.stdout).toMatch(
    /insects: 27 training and 18 test images of .*, read as they are trained on\n/,
  );
  const end = await run('--run', 'streamed', '--resume', '--epochs', '8', '--workers', '1', '--quiet');
  expect(end.stdout).toMatch(/accuracy: 1,.* global_step: 24}/);
  const weights = (of: string) => readFileSync(path(of, 'checkpoints', 'step-00000024', 'weights.bin'));
  expect(weights('streamed').equals(weights('run'))).toBe(true);
  const evaluated = await run('evaluate', '--run', 'streamed');
  expect(evaluated).toMatchObject({ stderr: '', stdout: end.stdout });
  expectRefusal(
    await run('--run', 'run', '--resume', '--stream'),
    2,
    /^error: Expected no `--stream` for the run at run, which was begun without, got one; leave it out/,
  );
  write('table.csv', 'a,label\n1,0\n2,1\n');
  expectRefusal(
    await run('--data', 'table.csv', '--stream'),
    2,
    /^error: Expected `--stream` for a directory of images by class, got table.csv, a CSV table, which is read at once/,
  );
});

test('a run on images by class knows its data, how they were read, and the names of the classes.', async () => {
  const { origin } = JSON.parse(readFileSync(path('run', 'config.json'), 'utf8'));
  expect(origin).toMatchObject({ data: path('insects'), dataOptions: { testSplit: 0.4 }, classNames: names });
  const evaluated = await run('evaluate', '--run', 'run', '--class-report');
  expect(evaluated.stdout).toMatch(
    /^ *class +precision[^\n]*\n *ant +1\.0000[\s\S]*\n *cat +\. +\. +6\n.*accuracy: 1,/,
  );
});

test('predict reads images, tables, arrays and standard input, and prints names of classes.', async () => {
  write('new.png', png(1, 20));
  const header = ['label', ...Array.from({ length: side * side }, (_, at) => `p${at}`)].join(',');
  write('new.csv', `${header}\n2,${picture(2, 3).join(',')}\n`);
  const pixels = Array.from(picture(2, 3), (pixel, at): Column => [`p${at}`, 'INT32', [pixel]]);
  write('new.parquet', parquetOf([['label', 'INT32', [2]], ...pixels]));
  const files = ['new.csv', 'new.parquet', 'new.png'];
  const { stdout } = await run('predict', '--run', 'run', ...files, '--top', '1');
  expect(stdout.split('\n').map((line) => line.trim().split(/ {2,}/))).toMatchObject([
    ['image', 'label', 'class', 'probability'],
    ['new.png', 'bee', expect.any(String)],
    ['new.csv[0]', 'cat', 'cat', expect.any(String)],
    ['new.parquet[0]', 'cat', 'cat', expect.any(String)],
    [''],
  ]);
  const program = start(['predict', '--run', 'run', '--format', 'csv', '-']);
  program.stdin.end(png(0, 20));
  const [first, second] = (await ended(program)).stdout.trimEnd().split('\n');
  expect(first).toBe('source,label,class,className,p(ant),p(bee),p(cat)');
  expect(second).toMatch(/^standard input,,0,ant,0\.\d+/);
});

test('predict --watch takes what is in a directory and what comes, and names what it cannot read.', async () => {
  write('inbox/1.png', png(2, 5));
  const program = start(['predict', '--run', 'run', '--watch', 'inbox', '--json']);
  const lines: string[] = [];
  const until = (pattern: RegExp) =>
    new Promise<void>((resolve) => {
      const look = () => lines.join('').match(pattern) && resolve();
      for (const stream of [program.stdout, program.stderr])
        stream.on('data', (text) => {
          lines.push(`${text}`);
          look();
        });
      look();
    });
  await until(/inbox\/1\.png","class":2,"className":"cat"/);
  write('inbox/2.png', 'no image');
  await until(/inbox\/2\.png: expected a PNG or JPEG image, got text/);
  write('inbox/3.png', png(0, 5));
  await until(/inbox\/3\.png","class":0,"className":"ant"/);
  program.kill('SIGINT');
  expect((await ended(program)).exitCode).toBe(130);
});

test('data shows what was understood, as text and as JSON, with a picture.', async () => {
  write(
    'insects/bee/99.png',
    encode({ width: side, height: side, channels: 1, depth: 8, data: new Uint8Array(64) }),
  );
  const { stdout, exitCode } = await run('data', 'insects', '--json', '--grid', 'grid.png');
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    ...{ form: 'a directory of images by class', shape: [8, 8, 1], classNames: names, grid: 'grid.png' },
    warnings: [
      expect.stringMatching(/^1 example of one value each, as an empty image is: insects\/bee\/99\.png$/),
    ],
  });
  expect(readFileSync(path('grid.png')).subarray(1, 4).toString()).toBe('PNG');
});

test('what is typed wrongly of data is told with exit code 2, what is wrong with them with 1.', async () => {
  const refused = (exitCode: 1 | 2, message: RegExp, ...args: string[]) =>
    run(...args).then((end) => expectRefusal(end, exitCode, message));
  write('table.csv', 'a,label,target\n1,0,0\n');
  write('broken/ant/1.png', png(0, 1).subarray(0, 60));
  write('broken/bee/1.png', png(1, 1));
  await Promise.all([
    refused(
      2,
      /Expected `--test-split` to be a share between 0 and 1, got `2`/,
      'data',
      'insects',
      '--test-split',
      '2',
    ),
    refused(2, /Expected `--data` to name the data that `--shape` is about/, 'train', '--shape', '8,8,1'),
    refused(
      2,
      /Expected `--label` to be a column of table\.csv/,
      'train',
      '--data',
      'table.csv',
      '--label',
      'none',
    ),
    refused(
      2,
      /Expected no `--label` for insects, a directory of images by class, got `x`; it is for a CSV table or a Parquet table/,
      'data',
      'insects',
      '--label',
      'x',
    ),
    refused(1, /got `label` and `target`; name it with `--label`/, 'train', '--data', 'table.csv'),
    refused(1, /broken\/ant\/1\.png: .*it is cut off/, 'train', '--data', 'broken', '--run', 'never'),
    refused(
      2,
      /Expected `--format` to be table, json or csv, got `xml`/,
      'predict',
      'a.png',
      '--format',
      'xml',
    ),
  ]);
  expect(box.list('never')).toEqual([]);
});

describe('in a run that was normalized and exported', () => {
  const facts = { classNames: names, normalization: { mean: [0.2], std: [0.5] }, byteScale: 1 / 255 };
  const inWords = (file: string, ...args: string[]) => run(...args, '--model', file);

  beforeAll(async () => {
    const settings = ['--batch-size', '9', '--epochs', '2', '--workers', '1', '--test-split', '0.4'];
    const normalize = ['--normalize-mean', '0.2', '--normalize-std', '0.5'];
    await run('--data', 'insects', '--run', 'normal', ...settings, ...normalize);
    write('test.png', png(1, 20));
  });

  test.for([
    ['tfjs', 'normal/model-tfjs/model.json'],
    ['keras', 'normal/model.keras'],
    ['safetensors', 'normal/model.safetensors'],
    ['onnx', 'normal/model.onnx'],
  ])('names of classes and normalization travel along in %s.', async ([format, file]) => {
    await run('export', 'normal', '--format', format);
    const [ofRun, ofFile] = await Promise.all([
      run('predict', '--run', 'normal', 'test.png', '--format', 'csv'),
      inWords(file, 'predict', 'test.png', '--format', 'csv'),
    ]);
    const [header, cells] = ofFile.stdout.split('\n');
    expect(header).toBe('source,label,class,className,p(ant),p(bee),p(cat)');
    const values = (line: string) => line.split(',').slice(4).map(Number);
    expect(cells.split(',').slice(0, 4)).toEqual(ofRun.stdout.split('\n')[1].split(',').slice(0, 4));
    for (const [at, value] of values(ofRun.stdout.split('\n')[1]).entries())
      expect(values(cells)[at]).toBeCloseTo(value, 5);
    const { byteScale: _, ...shown } = facts;
    expect(JSON.parse((await run('inspect', path(file), '--json')).stdout)).toMatchObject(shown);
    const model = await loadModel(path(file));
    expect(model.getUserDefinedMetadata()).toEqual({ gradpool: facts });
    await saveModel(model, path(`again-${format}.safetensors`));
    const again = await loadModel(path(`again-${format}.safetensors`));
    expect(again.getUserDefinedMetadata()).toEqual({ gradpool: facts });
  });

  test.for<[object, RegExp]>([
    [[1], /userDefinedMetadata.* JSON object/],
    [{ gradpool: { classNames: [1] } }, /gradpool\.classNames/],
    [{ gradpool: { byteScale: 1 } }, /gradpool\.byteScale.*255, got the number 1/],
    [{ gradpool: { normalization: { mean: [1], std: [0] } } }, /gradpool\.normalization.*1 numbers/],
    [{ gradpool: { normalization: { mean: [1, 2], std: [1, 2] } } }, /gradpool\.normalization.*1 numbers/],
  ])('of a file that says %j is refused.', async ([userDefinedMetadata, words]) => {
    await run('export', 'normal', '--format', 'tfjs', '--out', 'changed');
    const json = JSON.parse(readFileSync(path('changed', 'model.json'), 'utf8'));
    write('changed/model.json', JSON.stringify({ ...json, userDefinedMetadata }));
    expectRefusal(await inWords('changed/model.json', 'predict', 'test.png'), 1, 'changed/model.json', words);
  });
});
