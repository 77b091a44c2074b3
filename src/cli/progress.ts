import { performance } from 'node:perf_hooks';
import { short } from './output.ts';
import { statusLine } from './status-line.ts';

/** A terminal shows no more than this anyway. */
const millisecondsBetween = 100;

export interface Progress {
  /** A step was done. */
  update(step: number, loss: number): void;
}

/** The bar at the bottom of the terminal, e.g. `[=====>    ] 431/1200  35%  loss 0.1234  12.3 steps/s  1:02 left`. */
export function createProgress(fromStep: number, steps: number): Progress {
  const began = performance.now();
  let drawn = Number.NEGATIVE_INFINITY;
  return {
    update(step, loss) {
      const now = performance.now();
      if (now - drawn < millisecondsBetween) return;
      drawn = now;
      const perSecond = ((step - fromStep) * 1000) / (now - began);
      const left = minutes((steps - step) / perSecond);
      const share = Math.floor((100 * step) / steps);
      statusLine.show(
        `${bar(step / steps)} ${step}/${steps}  ${share}%  loss ${short(loss)}  ${perSecond.toFixed(1)} steps/s  ${left} left`,
      );
    },
  };
}

/** The whole line fits into 80 columns. */
const barWidth = 20;

function bar(share: number): string {
  const filled = Math.round(share * barWidth);
  return `[${'='.repeat(filled)}${filled < barWidth ? '>' : ''}${' '.repeat(Math.max(0, barWidth - filled - 1))}]`;
}

function minutes(seconds: number): string {
  const whole = Math.ceil(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
