import { useEffect, useState } from 'react';

/** A value once it has stayed the same for a moment: while somebody types, nothing is asked. `key` says which values are the same. */
export function useLater<Value>(value: Value, key: string, waitMs = 400): Value {
  const [settled, setSettled] = useState({ value, key });
  useEffect(() => {
    if (settled.key === key) return;
    const timer = setTimeout(() => setSettled({ value, key }), waitMs);
    return () => clearTimeout(timer);
  }, [settled.key, key, value, waitMs]);
  return settled.value;
}
