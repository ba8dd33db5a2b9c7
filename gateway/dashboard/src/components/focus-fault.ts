/** Leads to the fault of a form once it is drawn as wrong. */
export function focusFault(form: HTMLFormElement | null): void {
  requestAnimationFrame(() => leadToFault(form));
}

/** Focuses the field that is drawn as wrong, or else shows the words that say it; a folded part opens. */
export function leadToFault(form: HTMLFormElement | null): void {
  const field = form?.querySelector<HTMLElement>('[aria-invalid="true"]');
  const place = field ?? form?.querySelector<HTMLElement>('[role="alert"]');
  const folded = place?.closest('details');
  if (folded != null) folded.open = true;
  if (field != null) field.focus();
  else place?.scrollIntoView({ block: 'nearest' });
}

/** Do words of the form say the fault? */
export function isSaid(form: HTMLFormElement | null, message: string): boolean {
  return [...(form?.querySelectorAll('[role="alert"]') ?? [])].some(({ textContent }) => textContent.includes(message));
}
