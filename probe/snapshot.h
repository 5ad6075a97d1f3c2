/* SPDX-License-Identifier: Apache-2.0 */
/* What snapshot.c (BPF iterators) and snapshot_proc.c (/proc) share. */
#ifndef PORTHOLE_PROBE_SNAPSHOT_H
#define PORTHOLE_PROBE_SNAPSHOT_H

#include "probe/internal.h"

/* The snapshot from /proc alone: every process (pid 0) or one. -ESRCH: that one has ended. */
int snapshot_proc(uint64_t boot_epoch_ns, int64_t pid, const struct ph_snapshot_ops *ops, void *arg);

/* The beginning of /proc/<pid>/<name>, at most size bytes. Returns its length, 0 when it cannot be read. */
size_t snapshot_read_file(int64_t pid, const char *name, char *buf, size_t size);

/* The kind of an anonymous inode by its name as /proc shows it ("anon_inode:[eventfd]"); for other names `otherwise`. */
enum ph_fd_type snapshot_anon_type(const char *name, size_t len, enum ph_fd_type otherwise);

#endif
