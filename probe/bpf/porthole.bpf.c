/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The probe's BPF programs, one object for every kernel. This file only puts the parts together:
 *
 *   kernel.bpf.h   the kernel's types           table.bpf.h    the .def tables as the programs read them
 *   maps.bpf.h     maps, scratch, rings         capture.bpf.h  one parameter of an event
 *   file.bpf.h     files, memory, credentials   path.bpf.h     paths from dentries
 *   user.bpf.h     the caller's memory          socket.bpf.h   addresses and messages
 *   proc.bpf.h     fork, exec, their details    passed.bpf.h   descriptors that came from elsewhere
 *   syscall.bpf.h  sys_enter and sys_exit       trace.bpf.h    the other tracepoints
 *   iter.bpf.h     the start-up snapshot
 */
#include "kernel.bpf.h"
#include "maps.bpf.h"
#include "table.bpf.h"
#include "file.bpf.h"
#include "path.bpf.h"
#include "user.bpf.h"
#include "socket.bpf.h"
#include "capture.bpf.h"
#include "proc.bpf.h"
#include "passed.bpf.h"
#include "syscall.bpf.h"
#include "trace.bpf.h"
#include "iter.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/*
 * Run once by user space, never attached: tells the caller's process id in the initial PID namespace, which is what every
 * other program compares with.
 */
SEC("raw_tp/sys_enter")
int ph_whoami(void *ctx)
{
	return (int)(bpf_get_current_pid_tgid() >> 32);
}
