/** Open MPI's functions, called through koffi. */
import { createRequire } from 'node:module';
import type * as koffi from 'koffi';
import { firstLineOf, inputError } from '../../errors.ts';

type Koffi = typeof koffi;
type NativeFunction = ReturnType<koffi.LibraryHandle['func']>;

/** Calls that return 0, or the code of an error; all of them are about all ranks. */
export interface Mpi {
  /** Into three numbers: whether MPI was initialized, is finalized, and how well it goes with threads. */
  initialized(flag: number[]): number;
  finalized(flag: number[]): number;
  initThread(argc: null, argv: null, required: number, provided: number[]): number;
  returnErrors(): number;
  rank(rank: number[]): number;
  size(size: number[]): number;
  finalize(): number;
  /** The last of these are done in a thread of their own. */
  allgather(own: Uint8Array, all: Uint8Array, bytes: number): Promise<number>;
  broadcast(bytes: Uint8Array, root: number): Promise<number>;
  /** In place. */
  allreduce(values: Float32Array): Promise<number>;
  abort(code: number): Promise<number>;
  /** Ends the process now. */
  exit(code: number): void;
  errorText(code: number): string;
}

/** THREAD_MULTIPLE: several threads call, without asking one another. */
export const threadMultiple = 3;

const inPlace = 1n;
const howTo =
  'install Open MPI (Debian: apt-get install openmpi-bin), and koffi (npm install koffi) beside gradpool';
/** The name since Open MPI 1.10 up to 5; MPICH's is libmpi.so.12. */
const name = 'libmpi.so.40';

let loaded: Mpi | undefined;

/**
 * Loads the library into the process, for this thread.
 * @throws GradpoolError, one line that says what to install
 */
export function loadMpi(): Mpi {
  loaded ??= bind(loadKoffi());
  return loaded;
}

function loadKoffi(): Koffi {
  try {
    return createRequire(import.meta.url)('koffi');
  } catch (cause) {
    throw inputError(
      `\`exchange\` 'mpi' needs koffi, which is not installed or does not load (${firstLineOf(cause)}); ${howTo}`,
      cause,
    );
  }
}

function bind(koffi: Koffi): Mpi {
  const library = open(koffi);
  try {
    return functionsOf(koffi, library);
  } catch (cause) {
    throw inputError(
      `Expected Open MPI's library as ${name}, got one without its symbols (${firstLineOf(cause)}), as of MPICH or another MPI; ${howTo}`,
      cause,
    );
  }
}

function open(koffi: Koffi): koffi.LibraryHandle {
  try {
    pin(koffi);
    // Its components look for its symbols among those of the process.
    return koffi.load(name, { global: true });
  } catch (cause) {
    throw inputError(
      `\`exchange\` 'mpi' needs Open MPI's library ${name}, which does not load (${firstLineOf(cause)}); ${howTo}`,
      cause,
    );
  }
}

/**
 * Keeps the library in the process for ever: koffi unloads it at the end, when threads that called it still have to run
 * its code to end.
 */
function pin(koffi: Koffi): void {
  const [now, global, noDelete] = [0x2, 0x100, 0x1000];
  const dlopen = koffi.load('libc.so.6').func('void *dlopen(const char *name, int flags)');
  dlopen(name, now | global | noDelete);
}

function functionsOf(koffi: Koffi, library: koffi.LibraryHandle): Mpi {
  const world = library.symbol('ompi_mpi_comm_world');
  const float = library.symbol('ompi_mpi_float');
  const byte = library.symbol('ompi_mpi_byte');
  const add = library.symbol('ompi_mpi_op_sum');
  const returning = library.symbol('ompi_mpi_errors_return');
  const setHandler = library.func('int MPI_Comm_set_errhandler(void *comm, void *handler)');
  const commRank = library.func('int MPI_Comm_rank(void *comm, _Out_ int *rank)');
  const commSize = library.func('int MPI_Comm_size(void *comm, _Out_ int *size)');
  const allgather = library.func(
    'int MPI_Allgather(void *own, int ownCount, void *ownType, void *all, int count, void *type, void *comm)',
  );
  const bcast = library.func('int MPI_Bcast(void *buffer, int count, void *type, int root, void *comm)');
  const allreduce = library.func(
    'int MPI_Allreduce(void *own, void *sum, int count, void *type, void *op, void *comm)',
  );
  const abort = library.func('int MPI_Abort(void *comm, int code)');
  const errorString = library.func('int MPI_Error_string(int code, _Out_ char *text, _Out_ int *length)');
  const exit = koffi.load('libc.so.6').func('void _exit(int code)');
  return {
    initialized: library.func('int MPI_Initialized(_Out_ int *flag)'),
    finalized: library.func('int MPI_Finalized(_Out_ int *flag)'),
    initThread: library.func(
      'int MPI_Init_thread(void *argc, void *argv, int required, _Out_ int *provided)',
    ),
    returnErrors: () => setHandler(world, returning),
    rank: (rank) => commRank(world, rank),
    size: (size) => commSize(world, size),
    finalize: library.func('int MPI_Finalize()'),
    allgather: (own, all, bytes) => inThread(allgather, own, bytes, byte, all, bytes, byte, world),
    broadcast: (bytes, root) => inThread(bcast, bytes, bytes.length, byte, root, world),
    allreduce: (values) => inThread(allreduce, inPlace, values, values.length, float, add, world),
    abort: (code) => inThread(abort, world, code),
    exit,
    errorText(code) {
      const text = Buffer.alloc(512);
      const length = [0];
      errorString(code, text, length);
      return text.toString('utf8', 0, length[0]);
    },
  };
}

/** Calls off the event loop, which goes on. The arguments live until the call has ended. */
function inThread(call: NativeFunction, ...args: unknown[]): Promise<number> {
  return new Promise((resolve, reject) => {
    call.async(...args, (error: Error | null, code: number) =>
      error === null ? resolve(code) : reject(error),
    );
  });
}
