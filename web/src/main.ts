import { beforeWrites, writes } from './api/client';
import './elements/app/segue-app';
import { account } from './state/account';
import { notifyTabs } from './state/tabs';

writes.addEventListener('change', () => notifyTabs({ type: 'library-changed' }));
beforeWrites(() => account.ensureAccount());
