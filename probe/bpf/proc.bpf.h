/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef PORTHOLE_PROC_BPF_H
#define PORTHOLE_PROC_BPF_H
#include "maps.bpf.h"
static __always_inline void capture_fork(struct scratch *s, struct task_struct *task)
{
}
static __always_inline void capture_exec(struct scratch *s, struct task_struct *task)
{
}
#endif
