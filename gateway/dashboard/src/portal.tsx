import { createRoot } from 'react-dom/client';
import { PortalApp } from './portal/portal-app.tsx';
import { takesToken, takeToken } from './portal/take-token.ts';
import './theme.css';

const place = document.getElementById('portal');
// Before anything is drawn: the token leaves the address bar, and with it the history and what is copied from it.
const token = takeToken(window.location, window.history);
// A link that is pasted over the address of an open portal changes the part after # alone, which loads nothing by itself.
window.addEventListener('hashchange', () => {
  if (takesToken(window.location)) window.location.reload();
});
if (place !== null) createRoot(place).render(<PortalApp token={token} />);
