import { describe, expect, test } from 'vitest';
import { oneByOne } from '../../src/pool/start-turns.ts';

describe('starts one by one', () => {
  test('begin in the order in which they were asked for, each when the one before has ended', () => {
    const { turns, began } = fixture();
    for (const worker of [2, 0, 1]) turns.ask(worker, () => began.push(worker));
    expect(began).toEqual([2]);
    turns.done(2);
    expect(began).toEqual([2, 0]);
    turns.done(0);
    turns.done(1);
    expect(began).toEqual([2, 0, 1]);
    expect(turns.isStarting()).toBe(false);
  });

  test('wait until nobody works, and keep others from beginning meanwhile', () => {
    const { turns, began, busy } = fixture();
    busy.value = true;
    turns.ask(0, () => began.push(0));
    turns.proceed();
    expect({ began, isStarting: turns.isStarting() }).toEqual({ began: [], isStarting: true });
    busy.value = false;
    turns.proceed();
    expect({ began, isStarting: turns.isStarting() }).toEqual({ began: [0], isStarting: true });
    turns.done(0);
    expect(turns.isStarting()).toBe(false);
  });

  test('of a worker that fails do not hold up the next one', () => {
    const { turns, began } = fixture();
    turns.ask(0, () => began.push(0));
    turns.ask(1, () => began.push(1));
    turns.done(0);
    turns.ask(0, () => began.push(0));
    turns.done(1);
    expect(began).toEqual([0, 1, 0]);
  });
});

function fixture() {
  const busy = { value: false };
  return { turns: oneByOne(() => busy.value), began: [] as number[], busy };
}
