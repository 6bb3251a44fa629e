// axe-core finds nothing on an open study, its menus and its dialogs, wide and on a phone.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export default async function (t) {
  for (const phone of [false, true]) {
    const page = await t.page('cpu', { phone });
    await page.evaluate(axe);
    const nothingIn = async (where) => {
      const found = await page.evaluate(() =>
        globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] }),
      );
      const said = found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`);
      t.equal(said, [], `${where}${phone ? ', phone' : ''}: axe-core finds nothing`);
    };
    await page.locator('negatoscope-viewer .sample').click();
    await page.locator('negatoscope-viewport .corner').first().waitFor({ timeout: 60_000 });
    await nothingIn('study');
    await page.locator(`${phone ? '.dock' : '.tools'} [data-menu=more]`).click();
    await nothingIn('menu');
    await page.keyboard.press('Escape');
    await page.keyboard.press('t');
    await page.locator('dialog table').waitFor({ timeout: 20_000 });
    await nothingIn('tags');
  }
}
