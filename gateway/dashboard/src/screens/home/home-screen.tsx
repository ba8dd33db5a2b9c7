import type { ReactNode } from 'react';
import { Screen } from '../../components/screen.tsx';

export function HomeScreen(): ReactNode {
  return <Screen title="Home">Home</Screen>;
}
