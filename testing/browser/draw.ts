/** A hand that draws on the page's pad. */
import type { Page } from 'playwright-core';
import type { Stroke } from '../../src/browser/pad/digit.ts';

/** Draws a digit as a hand would, on a clean sheet, and reads what the page says. */
export async function readDigit(page: Page, digit: readonly Stroke[]): Promise<string> {
  await page.getByRole('button', { name: 'Clear' }).click();
  const sheet = page.getByRole('application', { name: /^Sheet/ });
  const { x, y, width } = (await sheet.boundingBox()) ?? { x: 0, y: 0, width: 0 };
  for (const [first, ...rest] of digit) {
    const at = (point: { x: number; y: number }) =>
      [x + (width * point.x) / 100, y + (width * point.y) / 100] as const;
    await page.mouse.move(...at(first));
    await page.mouse.down();
    for (const point of rest) await page.mouse.move(...at(point));
    await page.mouse.up();
  }
  const answer = page.locator('.answer');
  // What is computed of earlier pieces of the line is written over.
  await page.waitForFunction(() => {
    const said = document.querySelector('.answer');
    return / \([\d.]+ %\)$/.test(said?.textContent ?? '') && !said?.hasAttribute('data-busy');
  });
  return (await answer.textContent()) ?? '';
}
