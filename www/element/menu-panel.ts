// The panel that a menu opens in: its keys, its place under its button, and what shuts it.
import { html } from 'lit';
import type { Text } from '../text/index.ts';
import { reachOf } from './filter-chain.ts';
import { plainLook } from './look.ts';
import { type Menu, type MenuActions, type MenuState, menuItems } from './menus.ts';
import type { NegatoscopeViewport } from './viewport.ts';

/** What the menus go by of the image of a viewport. */
export function imageOf(pane: NegatoscopeViewport | undefined) {
  const shown = pane?.shown;
  return {
    look: pane?.look ?? plainLook(),
    hounsfield: shown?.hounsfield ?? false,
    grey: shown?.grey ?? true,
    graphics: shown?.graphics ?? false,
    moving: (pane?.info?.frames ?? 0) > 1 && !pane?.view,
    subtracted: shown?.subtracted ?? null,
    choices: shown?.choices ?? [],
    presentations: shown?.presentations ?? [],
    reach: reachOf(shown),
  };
}

/** An open menu. */
export function menuPanel(menu: Exclude<Menu, ''>, text: Text, state: MenuState, act: MenuActions, shut: () => void) {
  const onKey = (event: KeyboardEvent) => {
    const buttons = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>('button, select')];
    // A slider is moved by the same keys.
    if (event.composedPath()[0] instanceof HTMLInputElement && event.key.startsWith('Arrow')) {
      event.stopPropagation();
      return;
    }
    const at = buttons.indexOf(event.composedPath()[0] as HTMLElement);
    event.stopPropagation();
    if (event.key === 'Escape') shut();
    else if (event.key === 'ArrowDown') buttons[(at + 1) % buttons.length]?.focus();
    else if (event.key === 'ArrowUp') buttons.at(at - 1)?.focus();
    else return;
    event.preventDefault();
  };
  return html`<div class="shade" @click=${shut}></div>
    <div class="panel ${menu}" role="dialog" aria-label=${text[menu]} @keydown=${onKey}>${menuItems(menu, state, act)}</div>`;
}

/** Puts an open menu under its button, and the focus into it. */
export function placePanel(host: HTMLElement, root: ParentNode, menu: Menu): void {
  const panel = root.querySelector<HTMLElement>('.panel');
  const button = root.querySelector<HTMLElement>(`.tools [data-menu='${menu}']`);
  if (!panel) return;
  // A chain is set while one looks at what it does: it stands at the side.
  if (button?.offsetParent && menu !== 'filter') {
    const left = button.getBoundingClientRect().left - host.getBoundingClientRect().left;
    panel.style.left = `${Math.max(4, Math.min(left, host.clientWidth - panel.offsetWidth - 8))}px`;
  }
  panel.querySelector('button')?.focus();
}
