import type { Locator, Page } from 'playwright-core';

type Role = 'link' | 'button' | 'switch' | 'option' | 'combobox' | 'tab';

/** A person without a mouse: Tab, Enter, arrows, letters. Everything that takes the focus on the way has to show it. */
export interface Keyboard {
  /** Goes to a control by Tab. Throws where Tab does not lead to it, or the focus cannot be seen there. */
  reach(target: Locator): Promise<void>;
  /** Goes to a control and takes it with Enter. */
  press(role: Role, name: string | RegExp, within?: Locator): Promise<void>;
  /** Goes to a field and types over what is in it. */
  fill(label: string | RegExp, text: string): Promise<void>;
  /** Opens the search, types, and takes the first hit. */
  command(words: string): Promise<void>;
  /** The controls that were taken since this was asked for last. */
  taken(): number;
}

const tabsMost = 150;

export function keyboardOf(page: Page): Keyboard {
  let taken = 0;
  const reach = async (target: Locator): Promise<void> => {
    await target.waitFor();
    const passed: string[] = [];
    for (let tabs = 0; tabs < tabsMost; tabs++) {
      if ((await target.and(page.locator(':focus')).count()) > 0) return seen(page, target);
      await page.keyboard.press('Tab');
      passed.push(await nameOfFocus(page));
    }
    throw new Error(`Tab does not lead to ${target}. It led over ${[...new Set(passed)].join(', ')}.`);
  };
  const keyboard: Keyboard = {
    reach,
    press: async (role, name, within) => {
      const place = within ?? openDialog(page, (await page.getByRole('dialog').count()) > 0);
      await reach(place.getByRole(role, typeof name === 'string' ? { name, exact: true } : { name }).first());
      await page.keyboard.press('Enter');
      taken += 1;
    },
    fill: async (label, text) => {
      const place = openDialog(page, (await page.getByRole('dialog').count()) > 0);
      await reach(place.getByLabel(label).first());
      await page.keyboard.press('Control+a');
      await page.keyboard.insertText(text);
    },
    command: async (words) => {
      await page.keyboard.press('Control+k');
      const search = page.getByRole('dialog', { name: 'Search and commands' });
      await search.waitFor();
      await page.keyboard.insertText(words);
      await search.getByRole('option').first().waitFor();
      await page.keyboard.press('Enter');
      taken += 1;
    },
    taken: () => {
      const before = taken;
      taken = 0;
      return before;
    },
  };
  return keyboard;
}

/** The page behind an open dialog takes no key. */
function openDialog(page: Page, isOpen: boolean): Locator | Page {
  return isOpen ? page.getByRole('dialog').last() : page;
}

/** An outline that is drawn, on something that is in sight and not covered. */
async function seen(page: Page, target: Locator): Promise<void> {
  const fault: unknown = await page.evaluate(faultOfFocus);
  if (fault !== '') throw new Error(`The focus on ${target} cannot be seen: ${fault}.`);
}

const faultOfFocus = `(() => {
  const element = document.activeElement;
  const style = getComputedStyle(element);
  if (style.outlineStyle === 'none' || Number.parseFloat(style.outlineWidth) < 1) return 'it has no outline';
  const box = element.getBoundingClientRect();
  const x = box.x + Math.min(box.width, innerWidth) / 2;
  const y = box.y + Math.min(box.height, innerHeight) / 2;
  if (box.width === 0 || x < 0 || y < 0 || x > innerWidth || y > innerHeight) return 'it is out of sight';
  const top = document.elementFromPoint(x, y);
  return top !== null && (element.contains(top) || top.contains(element)) ? '' : top?.className + ' covers it';
})()`;

async function nameOfFocus(page: Page): Promise<string> {
  return page.evaluate(
    '(document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? "").slice(0, 40)',
  );
}
