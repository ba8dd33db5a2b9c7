// @ts-nocheck: it runs in a page, and the tests have no types for one.

/*
 * Answers every operation that a page asks for by the sample of the contract, so that rows, dialogs and ways back are there for everybody, and notes
 * it with the screen that asked. The session alone is read from the gateway.
 */

const { answers } = globalThis.walkOptions;
const realFetch = globalThis.fetch;
const realTimeout = globalThis.setTimeout;
const realClear = globalThis.clearTimeout;
let busy = 0;

const page = {
  answers,
  /** All lists are empty, as in a new workspace. */
  isNew: location.hash === '#new',
  screen: '',
  sent: 0,
  asked: new Set(),
  faults: new Set(),
  pathOf,
  settle,
};
globalThis.walkPage = page;

globalThis.fetch = async (input, init) => {
  const { pathname, search } = new URL(input, location.href);
  const method = init?.method ?? 'GET';
  const answer = answers.find((one) => one.method === method && new RegExp(one.path).test(pathname + search));
  page.sent += 1;
  if (answer !== undefined) {
    page.asked.add(`${pathOf(page.screen)} ${answer.id}`);
    return answerOf(answer);
  }
  if (method !== 'GET') {
    page.faults.add(`${page.screen} asks for ${method} ${pathname}, which is not in the contract`);
    return answerOf({ method });
  }
  busy += 1;
  try {
    const response = await realFetch(input, init);
    return new Response(await response.text(), response);
  } finally {
    busy -= 1;
  }
};

/** Without its part or dialog: a control that several of them have is pressed in the first. */
function pathOf(screen) {
  return screen.replace(/\?[^#]*/, '');
}

function answerOf({ method, body }) {
  const headers = { 'content-type': 'application/json', date: new Date().toUTCString() };
  if (body === undefined) {
    const error = { type: 'conflict', code: 'conflict', message: 'The test refuses this.' };
    return new Response(JSON.stringify({ error }), { status: 409, headers });
  }
  if (body === null) return new Response(null, { status: 204, headers });
  const isEmptied = page.isNew && method === 'GET' && Array.isArray(body.data);
  return new Response(JSON.stringify(isEmptied ? { ...body, data: [] } : body), { status: 200, headers });
}

/** Waits that are shorter than a second are part of what a press does: a search that is sent once nobody types. */
const waits = new Set();
globalThis.setTimeout = (run, ms = 0, ...rest) => {
  if (ms < 20 || ms >= 1_000) return realTimeout(run, ms, ...rest);
  const id = realTimeout(() => {
    waits.delete(id);
    run(...rest);
  }, ms);
  waits.add(id);
  return id;
};
globalThis.clearTimeout = (id) => {
  waits.delete(id);
  realClear(id);
};
globalThis.print = () => {};
globalThis.open = () => null;
navigator.credentials.create = () => Promise.reject(new Error('There is no authenticator.'));

/** Until nothing is under way. A region that still says that it loads after 200 turns on a screen that is drawn loads for ever. */
async function settle() {
  for (let quiet = 0, turns = 0, drawn = 0; quiet < 3; turns += 1) {
    if (turns > 3_000) throw new Error(`${page.screen} does not come to rest`);
    await new Promise((resolve) => realTimeout(resolve, 0));
    const { status, location: next, resolvedLocation: shown } = globalThis.__TSR_ROUTER__.state;
    // The router has found a screen some turns before React has drawn it.
    const isMoving = status === 'pending' || next.href !== shown?.href;
    if (!isMoving) drawn += 1;
    const isLoading = drawn < 200 && loading().length > 0;
    quiet = busy === 0 && waits.size === 0 && !isMoving && !isLoading ? quiet + 1 : 0;
    if (drawn === 200 && !isMoving)
      for (const name of loading()) page.faults.add(`${page.screen} never ends loading ${name}`);
  }
}

/** The headings of the regions that load. */
function loading() {
  const all = [...document.querySelectorAll('[role=status]')].filter((one) => one.textContent.trim() === 'Loading');
  return all.map((one) => one.closest('dialog, section')?.querySelector('h2')?.textContent ?? 'the screen');
}
