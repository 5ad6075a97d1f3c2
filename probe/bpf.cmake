# From probe/bpf/*.bpf.[ch] to porthole.skel.h in the build tree. The target porthole_bpf carries the folder to include;
# it is a system folder, so that warnings are not asked of generated code.

add_library(porthole_bpf INTERFACE)
set(bpf_source ${CMAKE_SOURCE_DIR}/probe/bpf/porthole.bpf.c)
file(GLOB bpf_inputs CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/probe/bpf/*.[ch] ${CMAKE_SOURCE_DIR}/include/porthole/*.h
	${CMAKE_SOURCE_DIR}/include/porthole/*.def)
if(NOT bpf_source IN_LIST bpf_inputs)
	return()
endif()

find_program(BPF_CLANG NAMES clang-19 clang-20 clang-18 clang-17 clang-16 clang-15 clang-14 clang NAMES_PER_DIR REQUIRED
	DOC "clang that compiles the BPF programs (14 or newer)")

# Ubuntu's /usr/sbin/bpftool is a wrapper that refuses any kernel but its own; the tool itself stands under /usr/lib.
if(NOT BPFTOOL)
	find_program(bpftool_in_path bpftool PATHS /usr/sbin /sbin NO_CACHE)
	file(GLOB bpftool_candidates /usr/lib/linux-tools/*/bpftool /usr/lib/linux-tools-*/bpftool)
	list(SORT bpftool_candidates COMPARE NATURAL ORDER DESCENDING)
	foreach(candidate ${bpftool_in_path} ${bpftool_candidates})
		execute_process(COMMAND ${candidate} version RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
		if(NOT failed)
			set(BPFTOOL ${candidate} CACHE FILEPATH "bpftool that makes the skeleton")
			break()
		endif()
	endforeach()
	if(NOT BPFTOOL)
		message(FATAL_ERROR "no working bpftool: install bpftool (Debian) or linux-tools-generic (Ubuntu)")
	endif()
endif()

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
	set(bpf_arch x86)
	set(bpf_other_arch arm64)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
	set(bpf_arch arm64)
	set(bpf_other_arch x86)
else()
	message(FATAL_ERROR "porthole's probe knows x86-64 and arm64, not ${CMAKE_SYSTEM_PROCESSOR}")
endif()

# asm/types.h of the machine; -idirafter, because BPF is a target of its own.
set(bpf_system_includes "")
if(CMAKE_LIBRARY_ARCHITECTURE)
	set(bpf_system_includes -idirafter /usr/include/${CMAKE_LIBRARY_ARCHITECTURE})
endif()

file(MAKE_DIRECTORY ${GENERATED})
set(bpf_compile ${BPF_CLANG} -target bpf -std=gnu11 -O2 -g -Wall -Werror -mcpu=v3
	-I ${CMAKE_SOURCE_DIR}/include -I ${CMAKE_SOURCE_DIR}/probe/bpf ${bpf_system_includes} -c ${bpf_source})
add_custom_command(
	OUTPUT ${GENERATED}/porthole.skel.h
	COMMAND ${bpf_compile} -D__TARGET_ARCH_${bpf_arch} -o ${GENERATED}/porthole.unlinked.o
	COMMAND ${BPFTOOL} gen object ${GENERATED}/porthole.bpf.o ${GENERATED}/porthole.unlinked.o
	COMMAND ${CMAKE_COMMAND} -E echo "/* NOLINTBEGIN */" > ${GENERATED}/porthole.skel.tmp
	COMMAND ${BPFTOOL} gen skeleton ${GENERATED}/porthole.bpf.o name porthole_bpf >> ${GENERATED}/porthole.skel.tmp
	COMMAND ${CMAKE_COMMAND} -E echo "/* NOLINTEND */" >> ${GENERATED}/porthole.skel.tmp
	COMMAND ${CMAKE_COMMAND} -E rename ${GENERATED}/porthole.skel.tmp ${GENERATED}/porthole.skel.h
	DEPENDS ${bpf_inputs}
	COMMENT "BPF object and skeleton"
	VERBATIM)
add_custom_target(porthole_skeleton DEPENDS ${GENERATED}/porthole.skel.h)
add_dependencies(porthole_bpf porthole_skeleton)
target_include_directories(porthole_bpf SYSTEM INTERFACE ${GENERATED})

# The object of the other architecture, thrown away: who works on one of them does not break the other.
if(BUILD_TESTING)
	add_custom_command(
		OUTPUT ${GENERATED}/porthole.${bpf_other_arch}.o
		COMMAND ${bpf_compile} -D__TARGET_ARCH_${bpf_other_arch} -o ${GENERATED}/porthole.${bpf_other_arch}.o
		DEPENDS ${bpf_inputs}
		COMMENT "BPF object for ${bpf_other_arch}"
		VERBATIM)
	add_custom_target(porthole_bpf_other_arch ALL DEPENDS ${GENERATED}/porthole.${bpf_other_arch}.o)
endif()
