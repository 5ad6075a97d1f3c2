# SPDX-License-Identifier: Apache-2.0
"""
For the tests of trace files (test_trace_files, test_trace_live, test_trace_kill): running porthole and sysdig, and keeping count of
what went wrong. A temporary folder, WORK, is gone when the test ends, and so is every process that was started here.
"""
import atexit
import difflib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.environ.get('PORTHOLE_SOURCE', os.path.join(HERE, '..', '..'))
PORTHOLE = os.environ.get('PORTHOLE', os.path.join(SOURCE, 'build', 'bin', 'porthole'))
PROGRAMS = os.environ.get('PORTHOLE_TEST_BIN', os.path.join(SOURCE, 'build', 'bin', 'tests'))
SANITIZED = bool(os.environ.get('PORTHOLE_SANITIZED'))
SYSDIG = shutil.which('sysdig')
NO_SYSDIG = 'no sysdig here (Debian: sysdig), so nobody else reads what was written'

WORK = tempfile.mkdtemp(prefix='porthole-trace-')
failures = []
running = []


def skip(reason):
    print('skipped: ' + reason)
    sys.exit(77)


def check(ok, what, more=''):
    """Says what holds and what does not; the test goes on."""
    print(('ok: ' if ok else 'FAILED: ') + what)
    if not ok:
        failures.append(what)
        if more:
            print('    ' + str(more)[:2000].replace('\n', '\n    '))
    sys.stdout.flush()
    return ok


def same(a, b, what):
    """Two texts are the same; otherwise their first differences are shown."""
    if a == b:
        return check(True, f'{what} ({a.count(chr(10))} lines)')
    lines = [l[:400] for l in difflib.unified_diff(a.split('\n')[:50000], b.split('\n')[:50000], 'expected', 'found', n=0, lineterm='')]
    return check(False, what, '\n'.join(lines[:14]))


def finish():
    """Ends the test: 0, or 1 when something failed."""
    for what in failures:
        print('FAILED: ' + what)
    sys.exit(1 if failures else 0)


def path(name):
    return os.path.join(WORK, name)


def run(argv, timeout=120, stdin=None):
    """Runs a program; its result has returncode, stdout and stderr, both as text."""
    return subprocess.run(argv, stdin=stdin or subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          encoding='utf-8', errors='replace', timeout=timeout)


def porthole(*args, **kw):
    return run([PORTHOLE, *args], **kw)


def text(file, *args):
    """What porthole prints of a file that it must read to its end."""
    r = porthole('-r', file, *args)
    if r.returncode != 0 or r.stderr:
        check(False, f'porthole -r {os.path.basename(file)} {" ".join(args)[:60]}', f'exit {r.returncode}: {r.stderr}')
    return r.stdout


def sysdig(file, *args):
    """What sysdig prints of a file; None when it refuses it."""
    r = run([SYSDIG, '-r', file, *args])
    return r.stdout if r.returncode == 0 else None


def wait_for(seconds, condition):
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def start(argv, **kw):
    p = subprocess.Popen(argv, **kw)
    running.append(p)
    return p


def size(file):
    try:
        return os.stat(file).st_size
    except FileNotFoundError:
        return 0


def missing(expected, lines):
    """Which of the expected lines (DIRECTION EVENT TEXT) do not follow each other among those of their kind."""
    kinds, left = {}, []
    for line in lines:
        direction, event, args = (line.split(' ', 2) + [''])[:3]
        kinds.setdefault(direction + event, []).append(args)
    places = {}
    for line in expected:
        direction, event, args = (line.split(' ', 2) + [''])[:3]
        shown, at = kinds.get(direction + event, []), places.get(direction + event, 0)
        found = next((i for i in range(at, len(shown)) if args in shown[i] + ' '), None)
        if found is None:
            left.append(line + '   among: ' + ' / '.join(shown[:4]))
        else:
            places[direction + event] = found # several lines may be about one call
    return left


def folded(lines):
    """Such lines as porthole shows them: an event a call, and a newer call that an older one stands for in pairs under its own name."""
    own = {'dup': 'dup2', 'pipe': 'pipe2', 'eventfd': 'eventfd2', 'accept': 'accept4'}
    return [f'< {own.get(event, event)} {args}' for _, event, args in ((line.split(' ', 2) + [''])[:3] for line in lines)]


class Capture:
    """porthole in the background. ready() says when it has begun: its head is on disk when the file is not empty any more."""

    def __init__(self, *args, ready=None, wait=30, **kw):
        self.err = tempfile.NamedTemporaryFile('w+', dir=WORK, prefix='said-', delete=False)
        kw.setdefault('stdout', subprocess.DEVNULL)
        self.process = start([PORTHOLE, *args], stdin=subprocess.DEVNULL, stderr=self.err, **kw)
        if ready and not wait_for(wait, lambda: ready() or self.process.poll() is not None):
            check(False, 'a capture begins', self.said())
        if self.process.poll() is not None and self.process.returncode != 0:
            said = self.said()
            if 'cannot capture' in said:
                skip('no live capture here: ' + said.strip().split('\n')[-1])
            check(False, 'a capture begins', said)

    def said(self):
        self.err.flush()
        with open(self.err.name) as f:
            return f.read()

    def end(self, timeout=60):
        """Ends it as a person does; the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            check(False, 'a capture ends when it is told to', self.said())
        return self.process.returncode


def needs_root():
    if not os.access(PORTHOLE, os.X_OK):
        skip(PORTHOLE + ' is not built')
    if os.geteuid() != 0:
        skip('a live capture needs root')


def _clean():
    for p in running:
        if p.poll() is None:
            p.kill()
            p.wait()
    shutil.rmtree(WORK, ignore_errors=True)


atexit.register(_clean)
for _sig in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(_sig, lambda *_: sys.exit(1))


def main():
    """For shell scripts: [--folded] EXPECTED SHOWN, two files as missing() compares them."""
    names = [n for n in sys.argv[1:] if n != '--folded']
    expected, shown = (open(n).read().splitlines() for n in names)
    if len(names) < len(sys.argv) - 1:
        expected, shown = folded(expected), folded(shown)
    left = missing(expected, shown)
    print('\n'.join(left))
    return 1 if left or len(expected) < 30 else 0


if __name__ == '__main__':
    sys.exit(main())
