/** Finds the pieces in what was dropped or chosen: files, folders, and ZIP files of MIDI. */
import { ProblemError, namedProblem } from '../api/problem';

/** One piece, read only when it is needed. */
export interface Candidate {
  readonly name: string;
  readonly read: () => Promise<File>;
}

/** A dropped file or folder, as a browser names it. */
export type DroppedEntry = FileSystemEntry | File;

const MAX_FOLDER_FILES = 5000;
const MAX_ZIPPED_FILE_BYTES = 8 * 1024 * 1024;
const MIDI_NAME = /\.(mid|midi|kar|rmi)$/i;
const RECORDING_NAME = /\.(wav|flac|ogg|oga|opus|mp3|m4a|aac|webm|aiff?|caf|mp4|3gp)$/i;

/** Takes the entries out of a drop. They must be taken before its event ends. */
export function takeEntries(transfer: DataTransfer): readonly DroppedEntry[] {
  return [...transfer.items].flatMap((item) => {
    if (item.kind !== 'file') return [];
    const entry = item.webkitGetAsEntry() ?? item.getAsFile();
    return entry === null ? [] : [entry];
  });
}

/**
 * Returns the pieces in dropped entries.
 *
 * A file is taken whatever its name is, since the gateway reads what is in it; in folders and ZIP files, names decide.
 */
export async function findPieces(entries: readonly DroppedEntry[]): Promise<readonly Candidate[]> {
  const found = await Promise.all(entries.map((entry) => findInEntry(entry)));
  const pieces = found.flat();
  if (pieces.length === 0 && entries.length > 0) throw new ProblemError(namedProblem('NO_PIECES'));
  return pieces;
}

async function findInEntry(entry: DroppedEntry): Promise<readonly Candidate[]> {
  if (!(entry instanceof File) && entry.isDirectory) return findInFolder(entry as FileSystemDirectoryEntry);
  const file = entry instanceof File ? entry : await readFile(entry as FileSystemFileEntry);
  return isZip(file) ? findInZip(file) : [{ name: file.name, read: () => Promise.resolve(file) }];
}

async function findInFolder(folder: FileSystemDirectoryEntry): Promise<readonly Candidate[]> {
  const files: FileSystemFileEntry[] = [];
  const folders = [folder];
  for (let next = folders.pop(); next !== undefined && files.length < MAX_FOLDER_FILES; next = folders.pop()) {
    for (const entry of await readFolder(next)) {
      if (entry.isDirectory) folders.push(entry as FileSystemDirectoryEntry);
      else files.push(entry as FileSystemFileEntry);
    }
  }
  return files
    .filter((file) => isPieceName(file.name))
    .sort((one, other) => compareNames(one.fullPath, other.fullPath))
    .map((file) => ({ name: file.name, read: () => readFile(file) }));
}

/** A folder's reader returns its entries a part at a time, until there are none. */
async function readFolder(folder: FileSystemDirectoryEntry): Promise<readonly FileSystemEntry[]> {
  const reader = folder.createReader();
  const entries: FileSystemEntry[] = [];
  for (;;) {
    const part = await new Promise<readonly FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    ).catch(() => {
      throw new ProblemError(namedProblem('FOLDER_UNREADABLE', folder.name));
    });
    if (part.length === 0) return entries;
    entries.push(...part);
  }
}

async function readFile(entry: FileSystemFileEntry): Promise<File> {
  return new Promise<File>((resolve, reject) => entry.file(resolve, reject)).catch(() => {
    throw new ProblemError(namedProblem('FILE_UNREADABLE', entry.name));
  });
}

/** The pieces of a ZIP file are unpacked one by one, when they are read. */
async function findInZip(file: File): Promise<readonly Candidate[]> {
  const { unzipSync } = await import('fflate');
  const bytes = new Uint8Array(await file.arrayBuffer());
  const paths: string[] = [];
  const unpack = (filter: (entry: { readonly name: string; readonly originalSize: number }) => boolean) => {
    try {
      return unzipSync(bytes, { filter });
    } catch {
      throw new ProblemError(namedProblem('ZIP_UNREADABLE', file.name));
    }
  };
  unpack(({ name, originalSize }) => {
    if (MIDI_NAME.test(name) && isPieceName(baseName(name)) && originalSize <= MAX_ZIPPED_FILE_BYTES) paths.push(name);
    return false;
  });
  return paths.sort(compareNames).map((path) => ({
    name: baseName(path),
    read: () => {
      const unpacked = unpack(({ name }) => name === path)[path];
      return Promise.resolve(new File([unpacked as Uint8Array<ArrayBuffer>], baseName(path), { type: 'audio/midi' }));
    },
  }));
}

function isZip(file: File): boolean {
  return /\.zip$/i.test(file.name) || file.type === 'application/zip' || file.type === 'application/x-zip-compressed';
}

/** Whether a file is a piece by its name; macOS puts files beside others whose names begin with a dot. */
function isPieceName(name: string): boolean {
  return !name.startsWith('.') && (MIDI_NAME.test(name) || RECORDING_NAME.test(name));
}

function baseName(path: string): string {
  return path.split('/').at(-1) ?? path;
}

function compareNames(one: string, other: string): number {
  return one.localeCompare(other, undefined, { numeric: true });
}
