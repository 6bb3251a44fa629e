// Help on one page: by keys from anywhere, in both languages, to be searched and printed.
import { settled } from './helpers.mjs';
import { open, stack } from './made-stack.mjs';

export default async function (t) {
  const page = await t.page('cpu');
  await open(page, stack().slice(0, 3));
  await settled(page);
  const help = page.locator('negatoscope-viewer negatoscope-help');
  for (const key of ['?', 'F1'])
    await t.step(`${key} opens it, Escape shuts it and gives the keys back`, async () => {
      await page.keyboard.press(key);
      await help.waitFor();
      const text = await help.locator('.help').textContent();
      for (const words of [
        'Not for diagnostic use',
        'Tools',
        'Measuring',
        'Mouse and touch',
        'Keys',
        'What is kept where',
        'Limits',
      ])
        t.ok(text.includes(words), words);
      t.ok((await help.locator('.tool svg').count()) >= 25, 'tools have their pictures');
      await page.keyboard.press('Escape');
      await help.waitFor({ state: 'detached' });
      await page.keyboard.press('End');
      await page.waitForFunction(() => {
        const pane = document.querySelector('negatoscope-viewer').shadowRoot.querySelector('negatoscope-viewport');
        return pane.shown.index === 2;
      });
    });

  await t.step('it is found by the search of the browser', async () => {
    await page.keyboard.press('?');
    await help.waitFor();
    t.ok(await page.evaluate(() => window.find('interpolated between voxels')), 'a sentence far below');
    t.ok(!(await page.evaluate(() => window.find('no such words anywhere'))), 'and only what is there');
  });

  await t.step('it is printed from a page of its own', async () => {
    await page.evaluate(() => {
      window.printed = '';
      const append = document.body.append.bind(document.body);
      document.body.append = (...nodes) => {
        append(...nodes);
        for (const node of nodes)
          if (node.contentWindow)
            node.contentWindow.print = () => {
              const inner = node.contentDocument;
              window.printed = `${inner.title}\n${inner.body.textContent}`;
              window.sheets = inner.adoptedStyleSheets.length;
            };
      };
    });
    await help.locator('.print').click();
    const printed = await page.evaluate(() => window.printed);
    t.ok(printed.includes('Negatoscope: Help') && printed.includes('Limits'), 'all of it');
    t.ok(
      !printed.includes('ZQDOE') && (await page.evaluate(() => window.sheets)) > 0,
      'nobody is named; it has a style',
    );
    await t.screenshot(page, 'help');
    await page.keyboard.press('Escape');
  });
  await page.close();

  await t.step('on the start screen, on a phone, in Chinese', async () => {
    const phone = await t.page('cpu', { phone: true, lang: 'zh-CN' });
    await phone.locator('.start .help').click();
    const own = phone.locator('negatoscope-viewer negatoscope-help');
    await own.waitFor();
    const text = await own.locator('.help').textContent();
    t.ok(text.includes('不用于诊断') && text.includes('局限') && !/[A-Za-z]{12,}/.test(text), 'all in Chinese');
    const wide = await own.evaluate(
      (host) =>
        [...host.shadowRoot.querySelectorAll('*')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
          .length,
    );
    t.equal(wide, 0, 'nothing is cut off');
    await t.screenshot(phone, 'help-phone-zh');
    await phone.close();
  });
}
