import type { Locator, Page } from 'playwright-core';
import { eventually } from './ask.ts';
import { settled } from './open-dashboard.ts';

type Role = 'link' | 'button' | 'switch';

/** A desk, and a phone in the dark: `more` is the click that a phone takes for a screen behind More. */
export const deskAndPhone = [
  ['at a desk', { more: 0 }, {}],
  ['on a phone, in the dark', { more: 1 }, { width: 390, theme: 'dark' }],
] as const;

/** A person with a mouse or, on a phone, a finger, whose clicks are counted. */
export interface Mouse {
  /** Goes to Home, with no click so far. */
  fromHome(): Promise<void>;
  /** Goes to a screen by the menu. On a phone those that its bar has no room for are behind More, which is a click too. */
  menu(name: string): Promise<void>;
  click(role: Role, name: string | RegExp, within?: Locator): Promise<void>;
  /** Opens the search by its button, types, and takes the first hit with Enter. */
  search(words: string): Promise<void>;
  /** The clicks since Home. */
  clicks(): number;
}

export function mouseOf(page: Page): Mouse {
  const width = page.viewportSize()?.width ?? 0;
  let clicks = 0;
  const press = async (target: Locator): Promise<void> => {
    if (width < 800) {
      await inSight(page, target, width);
      await target.tap();
    } else await target.click();
    clicks += 1;
  };
  const mouse: Mouse = {
    fromHome: async () => {
      await page.goto('/app');
      await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor();
      await settled(page);
      clicks = 0;
    },
    menu: async (name) => {
      const link = { name, exact: true };
      const menu = page.getByRole('navigation', { name: /^(Screens|Main screens)$/ });
      if ((await menu.getByRole('link', link).count()) > 0) return press(menu.getByRole('link', link));
      await press(menu.getByRole('link', { name: 'More' }));
      await press(page.getByRole('main').getByRole('link', link));
    },
    click: (role, name, within) =>
      press((within ?? page).getByRole(role, typeof name === 'string' ? { name, exact: true } : { name }).first()),
    search: async (words) => {
      await press(page.getByRole('banner').getByRole('button', { name: /^Search/ }));
      const search = page.getByRole('dialog', { name: 'Search and commands' });
      await search.getByRole('combobox').fill(words);
      await search.getByRole('option').first().waitFor();
      await page.keyboard.press('Enter');
    },
    clicks: () => clicks,
  };
  return mouse;
}

/** Playwright scrolls sideways to what it presses, where a person looks for nothing; only the parts of a screen are a strip, which fades where it goes on. */
async function inSight(page: Page, target: Locator, width: number): Promise<void> {
  await target.waitFor();
  const isPart = (await target.and(page.locator('main nav a')).count()) > 0;
  const seen = isPart ? target.locator('xpath=ancestor::nav') : target;
  // It may still be on its way to where it stays.
  await eventually(async () => {
    const box = await seen.boundingBox();
    if (box === null || box.x < 0 || box.x + box.width > width)
      throw new Error(`${target} is out of sight at the side of a phone.`);
  }, 5_000);
}
