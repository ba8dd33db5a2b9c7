// @ts-nocheck: it runs in a page, and the tests have no types for one.

/* Presses every control of every screen, as somebody would who tries all of them. The answers are those of answer-by-samples.js. */

const { texts, screens } = globalThis.walkOptions;
const page = globalThis.walkPage;
const { answers, asked, faults, isNew, pathOf, settle } = page;

const pressed = new Set();
/** Addresses, and which screen leads to which. */
const found = new Set();
const links = new Map();
/** Screens that say to whom they are open. */
const notOpen = new Set();

const here = () => location.pathname + location.search;

async function go(address) {
  await globalThis.__TSR_ROUTER__.navigate({ href: address });
  await settle();
}

/** Search parameters that open a dialog, and those that show another part of a screen; all others only filter. */
const dialogs = ['budget', 'call', 'invoice', 'operation', 'rule'];
const partNames = ['archived', 'tab', 'view'];

/** A screen with its part, or with its dialog: ids are left out. */
function screenOf(address) {
  const { pathname, searchParams } = new URL(address, location.href);
  const path = screens.includes(pathname) ? pathname : pathname.replace(/[^/]+$/, ':id');
  const dialog = dialogs.find((key) => searchParams.has(key));
  const parts = partNames.filter((key) => searchParams.has(key)).map((key) => `${key}=${searchParams.get(key)}`);
  const shown = dialog === undefined ? parts : [searchParams.get(dialog) === 'new' ? `${dialog}=new` : dialog];
  return `${[path, ...shown].join('?')}${isNew ? '#new' : ''}`;
}

const openDialog = () => [...document.querySelectorAll('dialog[open]')].at(-1);
const textOf = (element) => element?.textContent.replace(/\s+/g, ' ').trim() ?? '';
const labelOf = (field) => textOf(field.labels?.[0]);
const nameOf = (control) => control.getAttribute('aria-label') ?? (labelOf(control) || textOf(control));
const isShown = (element) => element.checkVisibility() && !element.matches(':disabled');

/** They leave, copy, or choose the days of a list. */
const left =
  /^(Test mode|Sign out|Search( ⌘K)?|Cancel|Close|Today|Yesterday|Last 7 days|This month|Last month|(Copy|Theme).*)$/;
/** They change what a form holds, and send nothing. */
const ofDraft = /^(Add|Remove|Move)( |$)/;

function controlsIn(scope) {
  return [...scope.querySelectorAll('button, summary, select')].filter((control) => {
    const name = nameOf(control);
    if (!isShown(control) || left.test(name) || control.closest('th') !== null) return false;
    // A filter or an order of rows is an address too.
    if (control.closest('form') === null) return !control.hasAttribute('aria-pressed');
    return control.tagName !== 'SELECT' && !(control.type === 'button' && ofDraft.test(name));
  });
}

/** The same control of another row is the same control. */
function keyOf(control) {
  const region = control.closest('dialog, section[aria-labelledby]');
  const path = control.closest('main, dialog') === null ? '' : screenOf(location.pathname);
  const toast = nameOf(control) === 'Undo' ? textOf(control.parentElement) : '';
  return [path, textOf(region?.querySelector('h2')), toast, nameOf(control)].join(' | ');
}

function type(field, value) {
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'value').set.call(field, value);
  field.dispatchEvent(new Event(field.tagName === 'SELECT' ? 'change' : 'input', { bubbles: true }));
}

const isText = ({ tagName, type: kind }) =>
  tagName === 'TEXTAREA' || (tagName === 'INPUT' && !/^(checkbox|radio|file|search|color)$/.test(kind));

function otherOption(select) {
  return [...select.options].find(({ value, disabled }) => value !== '' && value !== select.value && !disabled)?.value;
}

/** Texts that the samples of the contract have in a field of this name. */
function textsFor(field) {
  const name = labelOf(field).replace(/ \(optional\)$/, '');
  const [, wanted] = /^Type (.+) to confirm$/.exec(name) ?? [];
  return wanted === undefined ? (texts[name] ?? []).slice(0, 8) : [wanted];
}

/** A form that changes nothing sends nothing; one that begins empty needs no change. */
function changeOne(fields) {
  const typed = fields.filter((field) => isText(field) && !field.readOnly);
  const text = typed.find(({ value }) => value !== '' && !/^[\d.,]+$/.test(value));
  const select = fields.find((field) => field.tagName === 'SELECT' && otherOption(field) !== undefined);
  if (text !== undefined) type(text, `${text.value} 2`);
  else if (select !== undefined) type(select, otherOption(select));
  else if (typed.length === 0) fields.find(({ type: kind }) => kind === 'checkbox')?.click();
}

/** Fields of the same name differ: two arms of an experiment do. */
function fill(fields) {
  for (const field of fields) {
    const list = textsFor(field);
    const nth = fields.filter((one) => labelOf(one) === labelOf(field)).indexOf(field);
    if (isText(field) && field.value === '' && list.length > 0) type(field, list[nth % list.length]);
    if (field.tagName === 'SELECT' && field.value === '' && field.ariaRequired === 'true')
      type(field, otherOption(field));
  }
}

const prepared = new WeakSet();

async function prepare(scope) {
  const parts = 'form, dialog:not(:has(form)), main section[aria-labelledby]:not(:has(form))';
  for (const form of [...scope.querySelectorAll(parts), ...(scope.matches(parts) ? [scope] : [])]) {
    if (prepared.has(form) || !form.checkVisibility()) continue;
    prepared.add(form);
    const fields = [...form.querySelectorAll('input, textarea, select')].filter(isShown);
    if (form.tagName === 'FORM') changeOne(fields);
    fill(fields);
    if (fields.length > 0) await settle();
    const [button] = form.querySelectorAll('button[type=submit]');
    if (button?.disabled) faults.add(`${page.screen} has a form that cannot be sent: ${keyOf(button)}`);
  }
}

/** Until it is sent: a field that is refused gets the next text of its name. */
async function submit(button) {
  const { form } = button;
  const key = keyOf(button);
  const before = page.sent;
  for (let turn = 0; turn < 20 && form.isConnected; turn += 1) {
    button.click();
    await settle();
    if (page.sent > before) return;
    const [wrong] = form.querySelectorAll('[aria-invalid=true]');
    if (wrong === undefined) break;
    const list = [...textsFor(wrong), ''];
    type(wrong, wrong.tagName === 'SELECT' ? otherOption(wrong) : list[turn % list.length]);
    await settle();
  }
  const alerts = [...form.querySelectorAll('[role=alert]')].map(textOf);
  if (page.sent === before) faults.add(`${page.screen} does not send ${key}: ${alerts.join(' ')}`);
}

async function press(control) {
  if (nameOf(control) === 'Undo') {
    // A way back may be pressed on a later screen than the one that offered it.
    const at = page.screen;
    page.screen = 'Undo';
    control.click();
    await settle();
    page.screen = at;
    return;
  }
  if (control.tagName === 'SELECT') {
    const other = otherOption(control);
    if (other !== undefined) type(control, other);
  } else if (control.type === 'submit' && control.form !== null) return submit(control);
  else control.click();
  return settle();
}

/** Links are opened later, each as a screen of its own; files are reads. */
function note() {
  for (const link of document.querySelectorAll('a[href]')) {
    const { origin, pathname, search } = new URL(link.href);
    if (origin !== location.origin || !link.checkVisibility()) continue;
    if (/^\/app(\/|$)/.test(pathname)) {
      found.add(pathname + search);
      const to = screenOf(pathname + search);
      if (to !== page.screen) links.set(`${page.screen} leads to ${to}, which is not open`, to);
    }
    const file = answers.find((one) => one.method === 'GET' && new RegExp(one.path).test(pathname));
    if (file !== undefined) asked.add(`${pathOf(page.screen)} ${file.id}`);
  }
}

async function walk(address) {
  page.screen = screenOf(address);
  await go(address);
  const base = here();
  if ([...document.querySelectorAll('main p')].some((one) => /^This screen is for /.test(textOf(one))))
    notOpen.add(page.screen);
  const isDialog = openDialog() !== undefined;
  const openers = new Map();
  for (let turn = 0; turn < 300; turn += 1) {
    note();
    const dialog = openDialog();
    await prepare(dialog ?? document.body);
    const open = controlsIn(dialog ?? document.body).filter((control) => !pressed.has(keyOf(control)));
    const next = open.find((control) => nameOf(control) === 'Undo') ?? open[0];
    if (next === undefined && (dialog === undefined || isDialog)) return;
    if (next === undefined) {
      dialog.dispatchEvent(new Event('cancel', { cancelable: true }));
      await settle();
      continue;
    }
    const key = keyOf(next);
    pressed.add(key);
    await press(next);
    if (!openers.has(openDialog())) openers.set(openDialog(), key);
    // The dialog is opened once more for the rest of it.
    if (dialog?.isConnected === false && open.length > 1) pressed.delete(openers.get(dialog));
    if (here() !== base) {
      found.add(here());
      await go(address);
    }
  }
  faults.add(`${page.screen} has no end of controls`);
}

/** Walks over the addresses, and over whatever they lead to unless that is left alone. */
globalThis.walkFrom = async (addresses, alone = false) => {
  const visited = [];
  const visit = async (address) => {
    visited.push({ address, screen: screenOf(address) });
    await walk(address);
  };
  for (const address of addresses) await visit(address);
  const isSeen = (address) => visited.some((one) => one.screen === screenOf(address));
  // Addresses that are found on the way join the end of the set.
  if (!alone) for (const address of found) if (!isSeen(address)) await visit(address);
  for (const [fault, to] of links) if (notOpen.has(to)) faults.add(fault);
  const paths = visited.map(({ address, screen }) => ({ address, screen: pathOf(screen) }));
  return { asked: [...asked].sort(), faults: [...faults].sort(), visited: paths };
};

/** The names that ⌘K finds as actions. */
globalThis.findCommands = async (names) => {
  [...document.querySelectorAll('button')].find((button) => /^Search/.test(nameOf(button))).click();
  await settle();
  const field = document.querySelector('[role=combobox]');
  const hits = [];
  for (const name of names) {
    type(field, name);
    await settle();
    const options = [...document.querySelectorAll('[role=option]')];
    if (options.some((option) => textOf(option) === `${name}Action`)) hits.push(name);
  }
  openDialog().dispatchEvent(new Event('cancel', { cancelable: true }));
  return hits;
};

/** The ids of the forms in All operations. */
globalThis.listOperations = async () => {
  await go('/app/settings/operations');
  const links = [...document.querySelectorAll('main a[href*="operation="]')];
  return links.map(({ href }) => new URL(href).searchParams.get('operation'));
};

page.screen = screenOf(location.href);
