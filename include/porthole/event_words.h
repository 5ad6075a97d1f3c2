/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only OR BSD-2-Clause */
/*
 * The short words that the rows of events.def are written in, for who expands their categories and flags: include/tables.c and
 * the probe. Not for others, and not beside headers that use such names.
 */
#ifndef PORTHOLE_EVENT_WORDS_H
#define PORTHOLE_EVENT_WORDS_H

#include "porthole/event.h"

#define C_UNKNOWN PH_C_UNKNOWN
#define C_OTHER PH_C_OTHER
#define C_FILE PH_C_FILE
#define C_NET PH_C_NET
#define C_IPC PH_C_IPC
#define C_MEMORY PH_C_MEMORY
#define C_PROCESS PH_C_PROCESS
#define C_SLEEP PH_C_SLEEP
#define C_SYSTEM PH_C_SYSTEM
#define C_SIGNAL PH_C_SIGNAL
#define C_USER PH_C_USER
#define C_TIME PH_C_TIME
#define C_IO_READ PH_C_IO_READ
#define C_IO_WRITE PH_C_IO_WRITE
#define C_IO_OTHER PH_C_IO_OTHER
#define C_WAIT PH_C_WAIT
#define C_SCHEDULER PH_C_SCHEDULER
#define C_INTERNAL PH_C_INTERNAL
#define C_SYSCALL PH_C_SYSCALL
#define C_TRACEPOINT PH_C_TRACEPOINT
#define C_METAEVENT PH_C_METAEVENT
#define C_PLUGIN PH_C_PLUGIN
#define C_ITER PH_C_ITER
#define F_CREATES_FD PH_EF_CREATES_FD
#define F_DESTROYS_FD PH_EF_DESTROYS_FD
#define F_USES_FD PH_EF_USES_FD
#define F_READS_FROM_FD PH_EF_READS_FROM_FD
#define F_WRITES_TO_FD PH_EF_WRITES_TO_FD
#define F_MODIFIES_STATE PH_EF_MODIFIES_STATE
#define F_UNUSED PH_EF_UNUSED
#define F_WAITS PH_EF_WAITS
#define F_SKIPPARSERESET PH_EF_SKIPPARSERESET
#define F_OLD_VERSION PH_EF_OLD_VERSION
#define F_LARGE_PAYLOAD PH_EF_LARGE_PAYLOAD

#endif
