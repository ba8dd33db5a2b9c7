import { createRoot } from 'react-dom/client';
import { PortalApp } from './portal/portal-app.tsx';
import { takeToken } from './portal/take-token.ts';
import './theme.css';

const place = document.getElementById('portal');
// Before anything is drawn: the token leaves the address bar, and with it the history and what is copied from it.
const token = takeToken(window.location, window.history);
if (place !== null) createRoot(place).render(<PortalApp token={token} />);
