import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { findPieces, type DroppedEntry } from '../../src/intake/dropped-files';

const names = async (entries: readonly DroppedEntry[]) => (await findPieces(entries)).map(({ name }) => name);

function zip(files: Readonly<Record<string, string>>): File {
  const bytes = zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)])));
  return new File([bytes], 'set.zip');
}

/** Returns a dropped folder, whose reader gives its entries one at a time. */
function folder(name: string, entries: readonly unknown[], isReadable = true): FileSystemDirectoryEntry {
  const createReader = () => {
    const left = [...entries];
    return {
      readEntries: (resolve: (part: unknown[]) => void, reject: (error: Error) => void) =>
        isReadable ? resolve(left.splice(0, 1)) : reject(new DOMException('NotFoundError')),
    };
  };
  return { name, isDirectory: true, createReader } as unknown as FileSystemDirectoryEntry;
}

function file(path: string): FileSystemFileEntry {
  const name = path.split('/').at(-1) ?? '';
  return { name, fullPath: path, isDirectory: false } as unknown as FileSystemFileEntry;
}

describe('findPieces', () => {
  it('takes files whatever their names are', async () => {
    expect(await names([new File(['x'], 'song.xyz'), new File(['y'], 'b.mid')])).toEqual(['song.xyz', 'b.mid']);
  });

  it('finds the MIDI files of a ZIP file, in the order of their names, and unpacks them when they are read', async () => {
    const archive = zip({ 'set/10.mid': 'ten', 'set/2.MID': 'two', 'set/a.txt': 'no', '__MACOSX/._2.mid': 'no' });
    const pieces = await findPieces([archive]);
    expect(pieces.map(({ name }) => name)).toEqual(['2.MID', '10.mid']);
    expect(await (await pieces[1]?.read())?.text()).toBe('ten');
  });

  it('finds the pieces in all folders of a folder', async () => {
    const inner = folder('one', [file('/set/one/b.flac'), file('/set/one/a.mid'), file('/set/one/.hidden.mid')]);
    expect(await names([folder('set', [file('/set/z.kar'), file('/set/readme.txt'), inner])])).toEqual([
      'a.mid',
      'b.flac',
      'z.kar',
    ]);
  });

  it.each([
    ['a folder that the browser cannot read', folder('set', [], false), 'FOLDER_UNREADABLE'],
    ['a folder without music', folder('set', [file('/set/readme.txt')]), 'NO_PIECES'],
    ['a ZIP file without music', zip({ 'readme.txt': 'no' }), 'NO_PIECES'],
    ['a ZIP file that is none', new File(['not a ZIP file'], 'set.zip'), 'ZIP_UNREADABLE'],
  ])('says what is wrong with %s', async (_, entry, reason) => {
    await expect(findPieces([entry])).rejects.toMatchObject({ problem: { reason } });
  });
});
