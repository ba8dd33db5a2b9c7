import { useRouter } from '@tanstack/react-router';
import type { ComponentProps, MouseEvent, ReactNode } from 'react';
import { isScreen } from './is-screen.ts';

/** A link to another screen by its address, search parameters included: screens know one another by their URLs alone. */
export function GoLink({ href, onClick, ...rest }: ComponentProps<'a'> & { href: string }): ReactNode {
  const router = useRouter();
  const go = (event: MouseEvent<HTMLAnchorElement>): void => {
    onClick?.(event);
    const isOwn = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    if (event.defaultPrevented || !isOwn || !isScreen(href)) return;
    event.preventDefault();
    void router.navigate({ href });
  };
  return <a href={href} onClick={go} {...rest} />;
}
