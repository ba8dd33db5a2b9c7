import { costs } from './costs.js';

const dollars = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' });

/** The calculator of the page "Calculate the cost". Nothing leaves the browser. */
function show() {
  const form = document.querySelector('#cost');
  if (!(form instanceof HTMLFormElement)) return;
  const given = new FormData(form);
  const number = (/** @type {string} */ name) => Number(given.get(name)) || 0;
  const result = costs({
    millionTokens: number('millionTokens'),
    usdPerMillion: number('usdPerMillion'),
    clients: number('clients'),
    hoursByHand: number('hoursByHand'),
    usdPerHour: number('usdPerHour'),
  });
  for (const [name, value] of Object.entries(result)) {
    const cell = document.querySelector(`#cost-${name}`);
    if (cell !== null) cell.textContent = name === 'minutes' ? `${value} minutes` : dollars.format(value);
  }
}

document.addEventListener('input', show);
show();
