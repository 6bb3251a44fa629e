// axe-core finds nothing on the start screen, in both languages, wide and on a phone.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export default async function (t) {
  for (const lang of ['en-US', 'zh-CN']) {
    for (const phone of [false, true]) {
      const page = await t.page('cpu', { lang, phone });
      await page.evaluate(axe);
      const found = await page.evaluate(() =>
        globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] }),
      );
      const said = found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`);
      t.equal(said, [], `${lang}${phone ? ', phone' : ''}: axe-core finds nothing`);
    }
  }
}
