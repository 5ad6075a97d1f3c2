/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef PORTHOLE_SOCKET_BPF_H
#define PORTHOLE_SOCKET_BPF_H
#include "maps.bpf.h"
__noinline int capture_socket(u32 kind, u32 a, u32 b, u32 c)
{
	return kind + a + b + c;
}
#endif
