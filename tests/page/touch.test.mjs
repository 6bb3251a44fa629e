// Fingers on a phone: one scrolls (or does what the tool says), two zoom and move, as real touch events.
import { settled } from './helpers.mjs';

const state = (page) => page.evaluate(() => document.querySelector('negatoscope-viewer').state.viewports[0]);

/** Puts fingers down, moves them along lines in steps, and lifts them. `fingers`: [[x0, y0, x1, y1] …]. */
async function touch(page, fingers, steps = 8) {
  const session = await page.context().newCDPSession(page);
  const at = (part) =>
    fingers.map(([x0, y0, x1, y1], id) => ({ id, x: x0 + (x1 - x0) * part, y: y0 + (y1 - y0) * part }));
  await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: at(0) });
  for (let step = 1; step <= steps; step += 1) {
    await session.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: at(step / steps) });
  }
  await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await session.detach();
  await settled(page);
}

export default async function (t) {
  const page = await t.page('cpu', { phone: true });
  await page.locator('negatoscope-viewer .sample').click();
  await page.locator('negatoscope-viewport .corner').first().waitFor({ timeout: 60_000 });
  const box = await page.locator('negatoscope-viewport').first().boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];

  // The scale bar is true only where the canvas has the pixels that the ratio promises.
  const sizes = await page.evaluate(() => {
    const pane = document.querySelector('negatoscope-viewer').renderRoot.querySelector('negatoscope-viewport');
    const canvas = pane.renderRoot.querySelector('.picture canvas');
    return { pixels: canvas.width, css: canvas.getBoundingClientRect().width * devicePixelRatio };
  });
  t.near(sizes.pixels, sizes.css, 2, 'the canvas has a pixel for each pixel of the screen');

  const first = await state(page);
  await touch(page, [[x, y, x, y + 120]]);
  const scrolled = await state(page);
  t.ok(scrolled.frame > first.frame + 4, `a finger that goes down scrolls on (${first.frame} → ${scrolled.frame})`);
  t.equal(scrolled.look.zoom, 1, 'and does not zoom');
  await touch(page, [[x, y, x, y - 120]]);
  t.near((await state(page)).frame, first.frame, 1, 'and back');

  await touch(page, [
    [x - 40, y, x - 120, y],
    [x + 40, y, x + 120, y],
  ]);
  const pinched = await state(page);
  t.near(pinched.look.zoom, 3, 0.25, 'two fingers that go three times as far apart zoom by 3');
  t.near(Math.hypot(...pinched.look.pan), 0, 8, 'and the middle stays where it is');
  t.near(pinched.frame, first.frame, 1, 'without scrolling');
  await touch(page, [
    [x - 60, y, x, y + 50],
    [x + 60, y, x + 120, y + 50],
  ]);
  const moved = await state(page);
  t.near(moved.look.zoom, pinched.look.zoom, 0.2, 'two fingers side by side do not zoom');
  t.near(moved.look.pan[0] - pinched.look.pan[0], 120, 12, 'they move the image with them, right');
  t.near(moved.look.pan[1] - pinched.look.pan[1], 100, 12, 'and down (device pixels)');

  await page.locator('.dock button', { hasText: 'Window' }).tap();
  await touch(page, [[x, y, x + 80, y]]);
  const windowed = await state(page);
  t.ok(windowed.look.window?.width > 0, 'with the window tool a finger changes the window');
  t.equal(windowed.frame, moved.frame, 'and does not scroll');
  t.equal(
    await page.evaluate(() => [visualViewport.scale, document.scrollingElement.scrollTop]),
    [1, 0],
    'the page itself neither zooms nor scrolls',
  );
}
