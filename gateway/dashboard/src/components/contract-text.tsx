import { Fragment, type ReactNode } from 'react';

/** A description of the contract: what it has in backquotes is code. */
export function contractText(text: string): ReactNode {
  if (!text.includes('`')) return text;
  return text.split('`').map((part, at) => {
    const key = `${at} ${part}`;
    return at % 2 === 1 ? <code key={key}>{part}</code> : <Fragment key={key}>{part}</Fragment>;
  });
}
