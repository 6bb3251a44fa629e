// Every element of a data set, as a table.
import { html } from 'lit';
import type { TagLine } from '../shared/protocol.ts';
import { fill, type Text } from '../text/index.ts';

/** VRs and keywords that may tell who it is: hidden while identity is hidden. */
const identifies = (line: TagLine): boolean =>
  ['PN', 'DA', 'DT', 'TM', 'LT', 'ST', 'UT', 'UI', 'AS', 'UC', 'UN', 'SH', 'LO', 'OB', 'OW'].includes(line.vr);

/** The elements whose tag, keyword or value contains `find`. */
export function tagTable(lines: readonly TagLine[], find: string, anonymous: boolean, text: Text) {
  const wanted = find.toLowerCase();
  const value = (line: TagLine) => (anonymous && identifies(line) ? '••••••' : line.value);
  const found = lines.filter((line) => `${line.tag} ${line.keyword} ${value(line)}`.toLowerCase().includes(wanted));
  return html`<p class="count">${fill(text.tagCount, { count: found.length })}</p>
    <table>
      ${found
        .slice(0, 2000)
        .map(
          (line) =>
            html`<tr><td class="tag">${'› '.repeat(line.depth)}${line.tag}</td><td>${line.vr}</td><td>${line.keyword}</td><td>${value(line)}</td></tr>`,
        )}
    </table>`;
}
