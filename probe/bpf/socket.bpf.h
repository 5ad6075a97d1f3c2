/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Socket addresses, connections, messages and options. Addresses that a caller passes are read from its memory, the ends of
 * a connection from the kernel's socket. Addresses are in network order in the record as in the kernel; ports in host order.
 */
#ifndef PORTHOLE_SOCKET_BPF_H
#define PORTHOLE_SOCKET_BPF_H

#include "file.bpf.h"
#include "user.bpf.h"

#define SOL_SOCKET 1
#define SO_DEBUG 1
#define SO_ERROR 4
#define SO_LINGER 13
#define SO_PEERCRED 17
#define SO_RCVTIMEO 20
#define SO_SNDTIMEO 21
#define SO_BINDTODEVICE 25
#define SO_ATTACH_FILTER 26
#define SO_PEERNAME 28
#define SO_PEERSEC 31
#define SO_ATTACH_BPF 50
#define SO_MEMINFO 55
#define SO_COOKIE 57
#define SO_PEERGROUPS 59

#define EINPROGRESS 115

/* Sizes of struct sockaddr_in and sockaddr_in6 as far as they are looked at, and of sun_path. */
#define SIN_SIZE 8
#define SIN6_SIZE 24
#define SUN_PATH_AT 2
#define SUN_PATH_MAX 108

#define CONTROL_MAX 1024
#define MMSG_MAX 64

/* The index byte of a socket option's value. */
enum { SO_DYN_RAW, SO_DYN_ERRNO, SO_DYN_U32, SO_DYN_U64, SO_DYN_TIMEVAL };

/* How capture_tuple() orders the ends, and whether an address that the caller passed beats the socket's own. */
#define REMOTE_FIRST 1u
#define GIVEN_WINS 2u

static __always_inline u16 swap16(u16 v)
{
	return __builtin_bswap16(v);
}

static __always_inline u16 user_u16(u64 at)
{
	u16 v = 0;

	bpf_probe_read_user(&v, sizeof v, (void *)at);
	return v;
}

/* The socket behind a descriptor of the current task. NULL: no descriptor, or not a socket. */
static __always_inline struct sock *sock_of(s32 fd)
{
	struct file *file = file_of(fd);
	struct socket *socket;

	if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return 0;
	socket = BPF_CORE_READ(file, private_data);
	return socket ? BPF_CORE_READ(socket, sk) : 0;
}

static __always_inline u16 sock_family(struct sock *sk)
{
	return sk ? BPF_CORE_READ(sk, __sk_common.skc_family) : 0;
}

/*
 * The name of a UNIX socket, NUL-terminated, from a struct sockaddr_un of the caller (user) or of the kernel. An abstract
 * name begins with a NUL: an @ stands for it, as in ss(8). Returns whether there was a name; nothing is appended without.
 */
__noinline int capture_sun(u64 addr, u32 len, u32 user)
{
	struct scratch *s = scratch_get();
	u64 path = addr + SUN_PATH_AT;
	u32 from, size;
	u8 first = 0;
	long n;

	if (!s || addr == 0 || len <= SUN_PATH_AT || rec_room(s) < 2 * SUN_PATH_MAX)
		return 0;
	from = s->off;
	size = len - SUN_PATH_AT;
	if (size > SUN_PATH_MAX)
		size = SUN_PATH_MAX;
	n = user ? bpf_probe_read_user(&first, 1, (void *)path) : bpf_probe_read_kernel(&first, 1, (void *)path);
	if (n != 0)
		return 0;
	if (first == 0) {
		put(s, '@', 1);
		path++;
		size--;
	}
	size = (u32)BOUND(size, 127) + 1; /* and its NUL */
	n = user ? bpf_probe_read_user_str(rec_at(s, s->off), size, (void *)path) :
		   bpf_probe_read_kernel_str(rec_at(s, s->off), size, (void *)path);
	if (n <= 0) {
		s->off = from;
		return 0;
	}
	s->off += (u32)n & 0xff;
	return 1;
}

/* Appends an IPv6 address. */
static __always_inline void put_in6(struct scratch *s, const u64 *ip)
{
	put(s, ip[0], 8);
	put(s, ip[1], 8);
}

/* A struct sockaddr of the caller. Families other than these have no form in an event: nothing. */
__noinline int capture_addr(u64 addr, u32 len)
{
	struct scratch *s = scratch_get();
	u64 ip[2] = {};
	u16 family;

	if (!s || addr == 0 || len < SUN_PATH_AT)
		return 0;
	family = user_u16(addr);
	if (family == AF_INET && len >= SIN_SIZE) {
		put(s, AF_INET, 1);
		put(s, user_u32(addr + 4), 4);
		put(s, swap16(user_u16(addr + 2)), 2);
	} else if (family == AF_INET6 && len >= SIN6_SIZE) {
		bpf_probe_read_user(ip, sizeof ip, (void *)(addr + 8));
		put(s, AF_INET6, 1);
		put_in6(s, ip);
		put(s, swap16(user_u16(addr + 2)), 2);
	} else if (family == AF_UNIX) {
		put(s, AF_UNIX, 1);
		if (!capture_sun(addr, len, 1))
			put(s, 0, 1);
	}
	return 0;
}

/* The ends of an IPv4 socket. Nothing when the far one is not known. */
__noinline int capture_tuple_in(u64 sock, u64 given, u32 len, u32 how)
{
	struct scratch *s = scratch_get();
	struct sock *sk = (void *)sock;
	u32 local, remote;
	u16 lport, rport;

	if (!s)
		return 0;
	local = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
	lport = BPF_CORE_READ(sk, __sk_common.skc_num);
	remote = BPF_CORE_READ(sk, __sk_common.skc_daddr);
	rport = swap16(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (given && len >= SIN_SIZE && (how & GIVEN_WINS || (!remote && !rport)) && user_u16(given) == AF_INET) {
		remote = (u32)user_u32(given + 4);
		rport = swap16(user_u16(given + 2));
	}
	if (!remote && !rport)
		return 0;
	put(s, AF_INET, 1);
	if (how & REMOTE_FIRST) {
		put(s, remote, 4);
		put(s, rport, 2);
	}
	put(s, local, 4);
	put(s, lport, 2);
	if (!(how & REMOTE_FIRST)) {
		put(s, remote, 4);
		put(s, rport, 2);
	}
	return 0;
}

/* The ends of an IPv6 socket. One that speaks IPv4 has mapped addresses (::ffff:0:0/96); they stay so. */
__noinline int capture_tuple_in6(u64 sock, u64 given, u32 len, u32 how)
{
	struct scratch *s = scratch_get();
	struct sock *sk = (void *)sock;
	u64 local[2] = {}, remote[2] = {};
	u16 lport, rport;

	if (!s)
		return 0;
	BPF_CORE_READ_INTO(&local, sk, __sk_common.skc_v6_rcv_saddr);
	lport = BPF_CORE_READ(sk, __sk_common.skc_num);
	BPF_CORE_READ_INTO(&remote, sk, __sk_common.skc_v6_daddr);
	rport = swap16(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (given && len >= SIN_SIZE && (how & GIVEN_WINS || (!remote[0] && !remote[1] && !rport))) {
		u16 family = user_u16(given);

		if (family == AF_INET6 && len >= SIN6_SIZE) {
			bpf_probe_read_user(remote, sizeof remote, (void *)(given + 8));
			rport = swap16(user_u16(given + 2));
		} else if (family == AF_INET) { /* allowed on a datagram socket */
			remote[0] = 0;
			remote[1] = 0xffff0000ull | user_u32(given + 4) << 32;
			rport = swap16(user_u16(given + 2));
		}
	}
	if (!remote[0] && !remote[1] && !rport)
		return 0;
	put(s, AF_INET6, 1);
	if (how & REMOTE_FIRST) {
		put_in6(s, remote);
		put(s, rport, 2);
	}
	put_in6(s, local);
	put(s, lport, 2);
	if (!(how & REMOTE_FIRST)) {
		put_in6(s, remote);
		put(s, rport, 2);
	}
	return 0;
}

/* The name that a UNIX socket is bound to. */
static __always_inline int capture_bound(struct sock *sk)
{
	struct unix_address *addr = sk ? BPF_CORE_READ((struct unix_sock *)sk, addr) : 0;

	if (!addr)
		return 0;
	return capture_sun((u64)addr + bpf_core_field_offset(addr->name), (u32)BPF_CORE_READ(addr, len), 0);
}

/*
 * The ends of a UNIX socket: kernel addresses, and the name of the end that has one. The reference tool puts the receiving
 * end first, so both processes of a connection show the same pair.
 */
__noinline int capture_tuple_un(u64 sock, u64 given, u32 len, u32 how)
{
	struct scratch *s = scratch_get();
	struct sock *sk = (void *)sock, *peer;
	bool inbound = how & REMOTE_FIRST;
	u32 given_len = given && user_u16(given) == AF_UNIX ? len : 0;

	if (!s)
		return 0;
	peer = BPF_CORE_READ((struct unix_sock *)sk, peer);
	put(s, AF_UNIX, 1);
	put(s, (u64)(inbound ? sk : peer), 8);
	put(s, (u64)(inbound ? peer : sk), 8);
	if (inbound ? capture_bound(sk) : capture_sun(given, given_len, 1))
		return 0;
	if (inbound ? capture_sun(given, given_len, 1) : capture_bound(peer))
		return 0;
	if (!capture_bound(inbound ? peer : sk))
		put(s, 0, 1);
	return 0;
}

/* Both ends of the socket behind fd. given, len: a struct sockaddr of the caller for the far end. */
__noinline int capture_tuple(s32 fd, u64 given, u32 len, u32 how)
{
	struct sock *sk = sock_of(fd);

	switch (sock_family(sk)) {
	case AF_INET:
		capture_tuple_in((u64)sk, given, len, how);
		break;
	case AF_INET6:
		capture_tuple_in6((u64)sk, given, len, how);
		break;
	case AF_UNIX:
		capture_tuple_un((u64)sk, given, len, how);
		break;
	}
	return 0;
}

/* connect(2) has put the address into the socket when it succeeds or goes on in the background; sends name a receiver. */
static __always_inline u32 how_to(const struct scratch *s)
{
	if (s->rec.evt.type == PH_EV_SOCKET_CONNECT_X && (s->ret >= 0 || s->ret == -EINPROGRESS))
		return 0;
	return GIVEN_WINS;
}

/* The queue of a listening socket: K_QUEUE_LEN, K_QUEUE_MAX, else how full it is in percent. */
__noinline int capture_queue(s32 fd, u32 kind)
{
	struct scratch *s = scratch_get();
	struct sock *sk = sock_of(fd);
	u32 len = 0, max = 0;

	if (!s)
		return 0;
	if (sk) {
		len = BPF_CORE_READ(sk, sk_ack_backlog);
		max = BPF_CORE_READ(sk, sk_max_ack_backlog);
	}
	if (kind == K_QUEUE_LEN)
		put(s, len, 4);
	else if (kind == K_QUEUE_MAX)
		put(s, max, 4);
	else
		put(s, max ? (u64)len * 100 / max : 0, 1);
	return 0;
}

/* The first socket of a pair as the kernel knows it, or its peer. */
__noinline int capture_pair(u64 fds, u32 peer)
{
	struct scratch *s = scratch_get();
	struct sock *sk = 0;

	if (!s)
		return 0;
	if (s->ret >= 0)
		sk = sock_of((s32)user_u32(fds));
	if (sk && peer)
		sk = sock_family(sk) == AF_UNIX ? BPF_CORE_READ((struct unix_sock *)sk, peer) : 0;
	put(s, (u64)sk, 8);
	return 0;
}

/* The words of struct msghdr; msg_namelen is an int in the second. */
enum { MSG_NAME, MSG_NAMELEN, MSG_IOV, MSG_IOVLEN, MSG_CONTROL_PTR, MSG_CONTROLLEN, MSG_FLAGS, MSG_WORDS };

static __always_inline u32 msg_namelen(const struct scratch *s, u64 msg)
{
	return (u32)user_u32(msg + (s->compat ? 4 : 8) * MSG_NAMELEN);
}

/* struct mmsghdr is a msghdr and an unsigned int, padded to a word. */
static __always_inline u64 mmsg_at(const struct scratch *s, u64 msgs, u32 i)
{
	return msgs + (u64)i * (s->compat ? 4 : 8) * (MSG_WORDS + 1);
}

static __always_inline u32 mmsg_len(const struct scratch *s, u64 msgs, u32 i)
{
	return (u32)user_u32(mmsg_at(s, msgs, i) + (s->compat ? 4 : 8) * MSG_WORDS);
}

static __always_inline bool is_receive(const struct scratch *s)
{
	return s->rec.evt.type == PH_EV_SOCKET_RECVMSG_X || s->rec.evt.type == PH_EV_SOCKET_RECVMMSG_X;
}

/* What a message is to carry; of a received one, what arrived. */
__noinline int capture_msg_size(u64 msg)
{
	struct scratch *s = scratch_get();
	u64 size = 0;

	if (!s)
		return 0;
	if (!is_receive(s))
		size = iov_total(user_word(s, msg, MSG_IOV), user_word(s, msg, MSG_IOVLEN));
	else if (s->ret > 0)
		size = (u64)s->ret;
	put(s, size, 4);
	return 0;
}

/* The same of several messages: what was sent or received, or what was to be sent first. */
__noinline int capture_mmsg_size(u64 msgs)
{
	struct scratch *s = scratch_get();
	u64 size = 0;

	if (!s)
		return 0;
	if (s->ret <= 0 && !is_receive(s))
		size = iov_total(user_word(s, msgs, MSG_IOV), user_word(s, msgs, MSG_IOVLEN));
	for (u32 i = 0; i < MMSG_MAX; i++) {
		if ((s64)i >= s->ret)
			break;
		size += mmsg_len(s, msgs, i);
	}
	put(s, size, 4);
	return 0;
}

/* A message's data, at most len bytes. */
__noinline int capture_msg_data(u64 msg, u64 len)
{
	struct scratch *s = scratch_get();

	if (s)
		capture_iov(user_word(s, msg, MSG_IOV), user_word(s, msg, MSG_IOVLEN), len);
	return 0;
}

__noinline int capture_msg_tuple(s32 fd, u64 msg, u32 how)
{
	struct scratch *s = scratch_get();

	if (s)
		capture_tuple(fd, user_word(s, msg, MSG_NAME), msg_namelen(s, msg), how);
	return 0;
}

/*
 * The control data that came with a message. UNIX sockets pass descriptors in it, so these records carry state. The layout
 * that 32-bit callers get has no form in an event.
 */
__noinline int capture_msg_control(s32 fd, u64 msg)
{
	struct scratch *s = scratch_get();
	u64 len;

	if (!s || s->ret < 0 || s->compat)
		return 0;
	len = user_word(s, msg, MSG_CONTROLLEN);
	if (len > CONTROL_MAX)
		len = CONTROL_MAX;
	if (put_user(s, user_word(s, msg, MSG_CONTROL_PTR), (u32)len, CONTROL_MAX) &&
	    sock_family(sock_of(fd)) == AF_UNIX)
		s->to_state = 1;
	return 0;
}

/* Which of the SOL_SOCKET options are no int, as a set. */
#define SO_BIT(n) (1ull << (n))
#define SO_NOT_INT                                                                                      \
	(SO_BIT(SO_LINGER) | SO_BIT(SO_PEERCRED) | SO_BIT(SO_BINDTODEVICE) | SO_BIT(SO_ATTACH_FILTER) | \
	 SO_BIT(SO_PEERNAME) | SO_BIT(SO_PEERSEC) | SO_BIT(SO_ATTACH_BPF) | SO_BIT(SO_MEMINFO) |        \
	 SO_BIT(SO_PEERGROUPS))

/* The value of a socket option: an index byte, and the value in the form that the index names. */
__noinline int capture_so_value(u32 level, u32 name, u64 at, u64 len)
{
	struct scratch *s = scratch_get();
	bool get;

	if (!s || at == 0)
		return 0;
	get = s->rec.evt.type == PH_EV_SOCKET_GETSOCKOPT_X;
	if (get) {
		if (s->ret < 0)
			return 0;
		len = user_u32(len);
	}
	if (level == SOL_SOCKET && name == SO_ERROR && get) {
		put(s, SO_DYN_ERRNO, 1);
		put(s, (u64) - (s64)(s32)user_u32(at), 8);
	} else if (level == SOL_SOCKET && (name == SO_RCVTIMEO || name == SO_SNDTIMEO)) {
		put(s, SO_DYN_TIMEVAL, 1);
		put(s, user_word(s, at, 0) * 1000000000ull + user_word(s, at, 1) * 1000, 8);
	} else if (level == SOL_SOCKET && name == SO_COOKIE) {
		put(s, SO_DYN_U64, 1);
		put(s, user_u64(at), 8);
	} else if (level == SOL_SOCKET && name >= SO_DEBUG && name < 64 && !(SO_NOT_INT & SO_BIT(name & 63)) &&
		   len >= 4) {
		put(s, SO_DYN_U32, 1);
		put(s, user_u32(at), 4);
	} else {
		put(s, SO_DYN_RAW, 1);
		capture_bytes(at, len);
	}
	return 0;
}

/* The capture words that have to do with sockets. a, b, c: argument positions. */
__noinline int capture_socket(u32 kind, u32 a, u32 b, u32 c)
{
	struct scratch *s = scratch_get();
	u64 arg;

	if (!s)
		return 0;
	arg = ARG(s, a);
	switch (kind) {
	case K_ADDR: /* b: its length */
		capture_addr(arg, (u32)ARG(s, b));
		break;
	case K_TUPLE:
		capture_tuple((s32)arg, 0, 0, 0);
		break;
	case K_TUPLE_TO: /* the receiver's address in b, its length in c */
		capture_tuple((s32)arg, ARG(s, b), (u32)ARG(s, c), how_to(s));
		break;
	case K_TUPLE_FROM: /* the sender's address in b, where its length is in c */
		if (s->ret >= 0)
			capture_tuple((s32)arg, ARG(s, b), ARG(s, b) ? (u32)user_u32(ARG(s, c)) : 0,
				      REMOTE_FIRST | GIVEN_WINS);
		break;
	case K_TUPLE_ACCEPT: /* of the new socket */
		if (s->ret >= 0)
			capture_tuple((s32)s->ret, 0, 0, REMOTE_FIRST);
		break;
	case K_QUEUE_PCT:
	case K_QUEUE_LEN:
	case K_QUEUE_MAX:
		capture_queue((s32)arg, kind);
		break;
	case K_PAIR_SOCK:
		capture_pair(arg, b);
		break;
	case K_MSG_SIZE:
		capture_msg_size(arg);
		break;
	case K_MSG_DATA_IN:
		if (s->ret > 0)
			capture_msg_data(arg, (u64)s->ret);
		break;
	case K_MSG_DATA_OUT:
		capture_msg_data(arg, out_len(s, ~0ull));
		break;
	case K_MSG_TUPLE_TO:
		capture_msg_tuple((s32)arg, ARG(s, b), GIVEN_WINS);
		break;
	case K_MSG_TUPLE_FROM:
		if (s->ret >= 0)
			capture_msg_tuple((s32)arg, ARG(s, b), REMOTE_FIRST | GIVEN_WINS);
		break;
	case K_MSG_CONTROL:
		capture_msg_control((s32)ARG(s, 0), arg);
		break;
	case K_MMSG_SIZE:
		capture_mmsg_size(arg);
		break;
	case K_MMSG_DATA_IN: /* of the first message */
		if (s->ret > 0)
			capture_msg_data(arg, mmsg_len(s, arg, 0));
		break;
	case K_MMSG_DATA_OUT:
		capture_msg_data(arg, s->ret > 0 ? mmsg_len(s, arg, 0) : ~0ull);
		break;
	case K_SO_LEVEL:
		put(s, xlat(XT_sockopt_levels, (u32)arg), 1);
		break;
	case K_SO_NAME: /* only those of SOL_SOCKET have numbers of their own */
		put(s, (u32)arg == SOL_SOCKET ? xlat(XT_sockopt_options, (u32)ARG(s, b)) : 0, 1);
		break;
	case K_SO_VALUE:
		capture_so_value((u32)arg, (u32)ARG(s, b), ARG(s, c), ARG(s, 4));
		break;
	}
	return 0;
}

#endif
