/** Dates of the account page, in the language of the page. */
import { currentLocale } from '../../locale/locale';

export function formatDay(time: string): string {
  return new Date(time).toLocaleDateString(currentLocale(), { dateStyle: 'medium' });
}

export function formatTime(time: string): string {
  return new Date(time).toLocaleString(currentLocale(), { dateStyle: 'medium', timeStyle: 'short' });
}
