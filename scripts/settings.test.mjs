// What a user may change: read back from what was stored, whatever that is; and how stacks are hung.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './typescript.mjs';

const { hung, ruleFor, settingsOf, usualSettings } = await load('www/element/settings.ts');
const { actionOf, changeable, keyOf } = await load('www/element/keys.ts');
const { textOf } = await load('www/text/index.ts');

test('what was stored and is no setting is left out', () => {
  const usual = usualSettings();
  for (const bad of [null, '', '{', 'null', '[]', '7', '{"keys":3,"presets":{},"hanging":"x"}'])
    assert.deepEqual(settingsOf(bad), usual, String(bad));
  const some = settingsOf(
    JSON.stringify({
      presets: [
        { name: 'neck', width: 300, center: 50 },
        { name: 'flat', width: 0, center: 1 },
        { name: '', width: 1, center: 1 },
        null,
        { name: 'none', width: 'wide', center: 0 },
      ],
      hanging: [{ modality: 'xa', layout: '7x7', window: '', order: 3 }, { layout: '1' }],
      keys: { cine: 'k', save: 7 },
    }),
  );
  assert.deepEqual(some.presets, [{ name: 'neck', width: 300, center: 50 }]);
  assert.deepEqual(some.hanging, [{ modality: 'XA', layout: '1', window: 'file', order: '' }]);
  assert.deepEqual(some.keys, { cine: 'k', save: '' });
});

test('views are hung in the order of the rule, localizers last', () => {
  const stacks = ['LOCALIZER', 'L MLO', 'R MLO', '', 'L CC', 'R CC'].map((view, key) => ({ set: { view, key } }));
  const order = ruleFor(usualSettings().hanging, 'MG').order;
  assert.deepEqual(
    hung(stacks, order).map(({ set }) => set.view),
    ['R CC', 'L CC', 'R MLO', 'L MLO', '', 'LOCALIZER'],
  );
  const chest = ['LATERAL', 'L PA'].map((view) => ({ set: { view } }));
  assert.equal(hung(chest, 'PA, AP, LATERAL')[0].set.view, 'L PA', 'a side that the rule does not name');
  assert.deepEqual(
    hung(stacks, '').map(({ set }) => set.key),
    [1, 2, 3, 4, 5, 0],
    'without a rule as they came',
  );
  assert.equal(ruleFor([{ modality: '*' }], 'NM').modality, '*');
  assert.equal(ruleFor(usualSettings().hanging, 'NM'), undefined);
});

test('a key that was chosen counts, and the usual one of its action no more', () => {
  const press = (key, more = {}) => ({ key, ctrlKey: false, altKey: false, metaKey: false, shiftKey: false, ...more });
  assert.equal(actionOf(press('c')), 'cine');
  assert.equal(actionOf(press('k'), { cine: 'k' }), 'cine');
  assert.equal(actionOf(press('c'), { cine: 'k' }), undefined);
  assert.equal(actionOf(press('W'), { 'tool-window': '' }), undefined, 'taken away');
  assert.equal(actionOf(press('ArrowUp'), { cine: 'k' }), 'previous');
  assert.equal(actionOf(press('k', { ctrlKey: true }), { cine: 'k' }), undefined, "the browser's");
  for (const language of ['en', 'zh'])
    for (const [action, name] of changeable) {
      assert.ok(keyOf(action, {}), `${action} has a key`);
      assert.ok(textOf(language)[name], `${action} has a name`);
    }
});
