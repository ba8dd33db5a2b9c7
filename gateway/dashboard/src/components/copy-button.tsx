import { type ReactNode, useState } from 'react';
import { Button } from './button.tsx';
import { Icon } from './icons.tsx';
import { useToast } from './toast.tsx';

/** Copies a text, and says so. */
export function CopyButton({
  text,
  label = 'Copy',
  of,
}: {
  text: string;
  label?: string;
  /** The value that it copies, where several are on screen. */
  of?: string;
}): ReactNode {
  const [copied, setCopied] = useState(false);
  const toast = useToast();
  const copy = async (): Promise<void> => {
    const done = await copyText(text);
    setCopied(done);
    toast({ text: done ? 'Copied' : 'The browser does not allow copying here. Select the text, then copy it.' });
  };
  return (
    <Button small {...(of !== undefined && { 'aria-label': `${label} ${of}` })} onClick={() => void copy()}>
      <Icon name={copied ? 'check' : 'copy'} size={16} />
      {label}
    </Button>
  );
}

/** False where the browser keeps its clipboard closed: it opens it over HTTPS and on loopback only. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
