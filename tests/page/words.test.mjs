// What is written about an image: values and their units, names that are to be hidden, what was not done, whose study it is.
import { file } from './dicom.mjs';
import { settled } from './helpers.mjs';

const side = 64;
const pixels = (words) => {
  const bytes = Buffer.alloc(side * side * 2);
  for (let at = 0; at < side * side; at += 1) bytes.writeUInt16LE(words(at % side, Math.floor(at / side)), at * 2);
  return bytes;
};
/** An image of one frame of 16 bits; `more` replaces what has the same tag. */
const picture = (more) => {
  const all = [
    [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.2'],
    [0x00080018, 'UI', '2.25.11'],
    [0x00080060, 'CS', 'CT'],
    [0x0008103e, 'LO', 'Thorax of Jane'],
    [0x00100010, 'PN', 'Doe^Jane'],
    [0x00100020, 'LO', 'P1'],
    [0x00100040, 'CS', 'F'],
    [0x00101010, 'AS', '047Y'],
    [0x0020000d, 'UI', '2.25.3'],
    [0x0020000e, 'UI', '2.25.4'],
    [0x00200011, 'IS', '3'],
    [0x00280002, 'US', 1],
    [0x00280004, 'CS', 'MONOCHROME2'],
    [0x00280010, 'US', side],
    [0x00280011, 'US', side],
    [0x00280100, 'US', 16],
    [0x00280101, 'US', 16],
    [0x00280102, 'US', 15],
    [0x00280103, 'US', 0],
  ];
  const own = new Set(more.map(([tag]) => tag));
  return [...all.filter(([tag]) => !own.has(tag)), ...more];
};

/** Stripes of 1000 and 1400, which are -24 and 376 HU; padding in the right half. */
const ct = file(
  picture([
    [0x00280120, 'US', 0],
    [0x00281052, 'DS', '-1024'],
    [0x00281053, 'DS', '1'],
    [
      0x00409096,
      'SQ',
      [
        [
          [0x004008ea, 'SQ', [[[0x00080100, 'SH', 'mm2/s']]]],
          [0x00409210, 'SH', 'ADC'],
          [0x00409211, 'US', 4000],
          [0x00409216, 'US', 1],
          [0x00409224, 'FD', 0],
          [0x00409225, 'FD', 5e-7],
        ],
      ],
    ],
    [0x7fe00010, 'OW', pixels((x) => (x >= side / 2 ? 0 : x % 2 ? 1400 : 1000))],
  ]),
);

/** A presentation state about that image, with a text over it. `width`: of its window. */
const state = (width) =>
  file([
    [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.11.1'],
    [0x00080018, 'UI', '2.25.12'],
    [0x00080060, 'CS', 'PR'],
    [
      0x00081115,
      'SQ',
      [
        [
          [
            0x00081140,
            'SQ',
            [
              [
                [0x00081150, 'UI', '1.2.840.10008.5.1.4.1.1.2'],
                [0x00081155, 'UI', '2.25.11'],
              ],
            ],
          ],
          [0x0020000e, 'UI', '2.25.4'],
        ],
      ],
    ],
    [0x00100010, 'PN', 'Doe^Jane'],
    [0x00100020, 'LO', 'P1'],
    [0x0020000d, 'UI', '2.25.3'],
    [0x0020000e, 'UI', '2.25.5'],
    [
      0x00283110,
      'SQ',
      [
        [
          [0x00281050, 'DS', '50'],
          [0x00281051, 'DS', width],
        ],
      ],
    ],
    [
      0x00700001,
      'SQ',
      [
        [
          [0x00700002, 'CS', 'L1'],
          [
            0x00700008,
            'SQ',
            [
              [
                [0x00700003, 'CS', 'PIXEL'],
                [0x00700006, 'ST', 'Jane, see me'],
                [0x00700010, 'FL', [10, 10]],
                [0x00700011, 'FL', [40, 20]],
                [0x00700012, 'CS', 'LEFT'],
              ],
            ],
          ],
        ],
      ],
    ],
    [0x00700080, 'CS', 'JANE DOE'],
  ]);

/** A run of 8 bits with all values the same in a frame, in run lengths (PS3.5 G); the first frame, its mask, is no such code. */
const run = () => {
  const flat = (value) => {
    const head = Buffer.alloc(64);
    head.writeUInt32LE(1, 0);
    head.writeUInt32LE(64, 4);
    return Buffer.concat([head, Buffer.from(Array.from({ length: (side * side) / 128 }, () => [0x81, value]).flat())]);
  };
  return file(
    picture([
      [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.12.1'],
      [0x00080060, 'CS', 'XA'],
      [0x00280008, 'IS', '3'],
      [0x00280100, 'US', 8],
      [0x00280101, 'US', 8],
      [0x00280102, 'US', 7],
      [0x00281050, 'DS', '128'],
      [0x00281051, 'DS', '256'],
      [0x00281090, 'CS', 'SUB'],
      [
        0x00286100,
        'SQ',
        [
          [
            [0x00286101, 'CS', 'AVG_SUB'],
            [0x00286110, 'US', 1],
          ],
        ],
      ],
    ]),
    { syntax: '1.2.840.10008.1.2.5', frames: [Buffer.alloc(10, 0xff), flat(100), flat(160)] },
  );
};

export default async function (t) {
  const page = await t.page('cpu');
  /** Puts a new viewer there, with attributes. */
  const put = (attributes = {}) =>
    page.evaluate((given) => {
      document.body.replaceChildren();
      const viewer = document.createElement('negatoscope-viewer');
      for (const [name, value] of Object.entries(given)) viewer.setAttribute(name, value);
      viewer.style.height = '600px';
      globalThis.repairs = [];
      viewer.addEventListener('repair', ({ detail }) => globalThis.repairs.push(detail.code));
      document.body.append(viewer);
    }, attributes);
  const open = async (...files) => {
    const read = await page.evaluate(
      async (texts) => {
        const files = texts.map(
          (text, i) => new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], `${i}.dcm`),
        );
        const viewer = document.querySelector('negatoscope-viewer');
        return viewer.open(files).catch((error) => ({ refused: error.code ?? String(error) }));
      },
      files.map((bytes) => bytes.toString('base64')),
    );
    await settled(page);
    return read;
  };
  const pane = page.locator('negatoscope-viewport').first();
  const shown = () =>
    page.evaluate(
      () => document.querySelector('negatoscope-viewer').shadowRoot.querySelector('negatoscope-viewport').shown,
    );
  const press = async (key) => {
    await page.keyboard.press(key);
    await settled(page);
  };
  /** What stands in the corner with the pointer on a pixel. */
  const pointed = async (column, row) => {
    const { to_canvas: m } = await shown();
    const ratio = await page.evaluate(() => devicePixelRatio);
    const box = await pane.locator('.picture').boundingBox();
    const x = (m[0] * column + m[1] * row + m[2]) / ratio;
    const y = (m[3] * column + m[4] * row + m[5]) / ratio;
    await page.mouse.move(box.x + x + 1, box.y + y);
    await page.mouse.move(box.x + x, box.y + y);
    await settled(page);
    return pane.locator('.probe').textContent();
  };

  await t.step('a value has the unit of the image, and only a value', async () => {
    await put();
    await open(ct);
    const value = await pointed(11, 20);
    t.ok(value.includes(' 376 HU'), `a value: ${value}`);
    t.ok(value.includes('ADC 0.000700 mm2/s'), `a small quantity keeps its digits: ${value}`);
    const padding = await pointed(50, 20);
    t.ok(/y 20 {3}0 /.test(padding) && !padding.includes('HU'), `padding has none: ${padding}`);
  });

  await t.step('a filter is for the eye: the value stays', async () => {
    await page.evaluate(() => document.querySelector('negatoscope-viewer').filter(['gaussian:sigma=4']));
    const value = await pointed(11, 20);
    t.ok(value.includes(' 376 HU') && value.includes('ADC 0.000700'), `as without it: ${value}`);
  });

  await t.step('the tags of one study never stand over another', async () => {
    await put();
    await open(ct);
    await page.locator('.root').focus();
    await press('t');
    t.equal(await page.locator('dialog table').count(), 1, 'they are open');
    await open(
      file(
        picture([
          [0x00100010, 'PN', 'Roe^Richard'],
          [0x7fe00010, 'OW', pixels(() => 5)],
        ]),
      ),
    );
    t.equal(await page.locator('dialog').count(), 0, 'and shut by the next study');
    t.ok(!(await page.locator('.root').textContent()).includes('Jane'), 'with all that they said');
  });

  await t.step('identity hidden: what people write stands nowhere', async () => {
    await put();
    await open(ct, state('100'));
    const menu = () => page.locator('.tools button', { hasText: 'Presets' }).click();
    await menu();
    await page.locator('.panel button', { hasText: 'JANE DOE' }).click();
    await settled(page);
    t.ok((await pane.locator('.drawings').textContent()).includes('Jane, see me'), 'a text of a state is drawn');
    await page.locator('.root').focus();
    await press('x');
    const texts = async () =>
      [...(await pane.locator('.corner').allInnerTexts()), await pane.locator('.drawings').textContent()].join('\n');
    await menu();
    const said = `${await texts()}\n${await page.locator('.panel').textContent()}`;
    const tells = ['Jane', 'JANE', 'Doe', '047Y', 'P1'].filter((word) => said.includes(word));
    t.equal(tells, [], 'name, age, series, texts and names of states');
    t.equal(await pane.locator('[data-key=sex]').textContent(), '••••••', 'nor sex');
    const pressed = page.locator('.panel button[aria-pressed=true]', { hasText: /^1$/ });
    t.equal(await pressed.count(), 1, 'the state is a number');
    await page.keyboard.press('Escape');
  });

  await t.step('a run whose mask is damaged is shown as it is stored, and says so', async () => {
    await put();
    await open(run());
    const { subtracted, repairs, index, window } = await shown();
    t.equal([index, subtracted, window?.width], [1, false, 256], 'it is there, with the window of the image');
    const said = repairs.find(({ code }) => code === 'PIX-330');
    t.ok(/^PIX-\d{3}/.test(said?.detail ?? ''), `with the reason: ${JSON.stringify(said)}`);
    t.equal(await page.evaluate(() => globalThis.repairs), ['PIX-330'], 'which is announced once');
    t.ok(/ 100 /.test(await pointed(20, 20)), 'its values are those of the image');
    await page.locator('.tools button', { hasText: 'More' }).click();
    const toggle = page.locator('.panel button', { hasText: 'Mask subtraction' });
    t.equal(await toggle.getAttribute('aria-pressed'), 'false', 'the switch is within reach');
    await toggle.click();
    await settled(page);
    t.equal((await shown()).subtracted, false, 'and does not pretend');
  });

  await t.step('strict: a defect of what is not shown refuses nothing', async () => {
    await put();
    await open(ct, state('0'));
    t.equal((await shown()).presentations.length, 1, 'a state with a window of no width is repaired');
    await put({ strict: '' });
    await open(ct, state('0'));
    const strict = await shown();
    t.equal([strict?.presentations, strict?.repairs], [[], []], 'strict: it is left out, the image is shown');
    t.ok(
      strict?.remarks.some(({ code }) => code === 'PIX-306'),
      'and it is said why',
    );
    const plane = file(
      picture([
        [0x60000010, 'US', side],
        [0x60000011, 'US', side],
        [0x60000040, 'CS', 'G'],
        [0x60000050, 'SS', [1, 1]],
        [0x60000100, 'US', 1],
        [0x60000102, 'US', 0],
        [0x60003000, 'OW', Buffer.alloc(2)],
        [0x7fe00010, 'OW', pixels(() => 5)],
      ]),
    );
    await open(plane);
    t.equal(await shown(), null, 'a plane that is to be drawn and cannot be: refused');
    await page.locator('.root').focus();
    await press('g');
    t.equal((await shown())?.repairs, [], 'without drawings it is shown');
  });

  await t.step('two patients in one study are named, and it is said', async () => {
    await put();
    const other = [
      [0x00080018, 'UI', '2.25.13'],
      [0x00081030, 'LO', 'Thorax'],
      [0x00100010, 'PN', 'Roe^Richard'],
      [0x00100020, 'LO', 'P2'],
      [0x0020000e, 'UI', '2.25.14'],
      [0x7fe00010, 'OW', pixels(() => 5)],
    ];
    const { repairs } = await open(ct, file(picture(other)));
    t.equal(
      repairs.map(({ file, code }) => [file, code]),
      [['1.dcm', 'PIX-121']],
      'as a repair',
    );
    const titles = await page.locator('negatoscope-series h3 span:first-child').allInnerTexts();
    t.equal(titles.sort(), ['Doe, Jane', 'Roe, Richard · Thorax'], 'each by the name');
    await open(file(picture(other)));
    t.equal(
      await page.locator('negatoscope-series h3 span:first-child').allInnerTexts(),
      ['Thorax'],
      'alone it is not',
    );
  });

  await t.step('what is not said by a file is no repair', async () => {
    await put();
    const pet = picture([
      [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.128'],
      [0x00080060, 'CS', 'PT'],
      [0x00541001, 'CS', 'BQML'],
      [0x7fe00010, 'OW', pixels(() => 5)],
    ]);
    const { repairs, remarks } = await open(file(pet));
    t.equal([repairs, remarks], [[], []], 'nothing is wrong with it');
    const { repairs: later, remarks: noted } = await shown();
    t.equal([later, noted.map(({ code }) => code)], [[], ['PIX-314']], 'no uptake can be computed: a note');
    t.equal(await page.evaluate(() => globalThis.repairs), [], 'nothing is announced as repaired');
    t.equal(await page.locator('footer .repairs').count(), 0, 'nor written');
    await page.locator('footer .remarks').click();
    t.ok((await page.locator('dialog').textContent()).includes('PIX-314'), 'the note can be read');
  });

  await t.step('an attribute that is taken away sets no limit', async () => {
    await put({ limits: '{"frame_samples": 10}' });
    t.ok((await open(ct)).errors.length > 0, 'with it the image is refused');
    await page.evaluate(() => document.querySelector('negatoscope-viewer').removeAttribute('limits'));
    t.equal((await open(ct)).errors, [], 'without it not');
    t.ok((await shown())?.grey, 'and it is shown');
  });
}
