/** Tables and code that are wider than the page are reached by the keyboard, so that arrow keys scroll them. */
function reachWide() {
  for (const element of document.querySelectorAll('main table, main pre')) {
    if (!(element instanceof HTMLElement)) continue;
    if (element.scrollWidth > element.clientWidth) element.tabIndex = 0;
    else element.removeAttribute('tabindex');
  }
}

/** The button of the search is named by the word on it, as speech control asks for (WCAG 2.5.3); its keys are in `aria-keyshortcuts`. */
function nameSearch() {
  const button = document.querySelector('button[data-open-modal]');
  const word = button?.querySelector('span');
  if (button === null || word === null || word === undefined) return;
  button.querySelector('kbd')?.setAttribute('aria-hidden', 'true');
  word.removeAttribute('aria-hidden');
  // A phone shows a magnifier alone.
  if (word.checkVisibility()) button.removeAttribute('aria-label');
  else button.setAttribute('aria-label', word.textContent);
}

function fitToWidth() {
  reachWide();
  nameSearch();
}

fitToWidth();
addEventListener('load', fitToWidth);
addEventListener('resize', fitToWidth);
