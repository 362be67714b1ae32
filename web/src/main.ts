import { writes } from './api/client';
import './elements/app/segue-app';
import { notifyTabs } from './state/tabs';

writes.addEventListener('change', () => notifyTabs({ type: 'library-changed' }));
