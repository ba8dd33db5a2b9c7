import { costs } from './costs.js';

/** The calculator of the page "Calculate the cost". Nothing leaves the browser. */
function show() {
  const form = document.querySelector('#cost');
  if (!(form instanceof HTMLFormElement)) return;
  const given = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, Number(value) || 0]));
  const result = costs(given);
  for (const [name, value] of Object.entries(result)) {
    const cell = document.querySelector(`#cost-${name}`);
    if (cell !== null) cell.textContent = name === 'minutes' ? `${value} minutes` : `$${value.toFixed(2)}`;
  }
}

document.addEventListener('input', show);
show();
