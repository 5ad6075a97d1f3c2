# ctest's list: tests/unit/<part>/test_*.c (cmocka), tests/e2e/test_* (scripts), tests/vm (kernels), tests/fuzz (on request).
# A test that returns 77 counts as skipped; what it printed last is the reason that ./dev test shows.

set(test_environment
	PORTHOLE_SOURCE=${CMAKE_SOURCE_DIR}
	PORTHOLE_TEST_BIN=${CMAKE_BINARY_DIR}/bin/tests
	ASAN_OPTIONS=detect_leaks=1
	LSAN_OPTIONS=print_suppressions=0
	UBSAN_OPTIONS=print_stacktrace=1)
if(PORTHOLE_SANITIZE)
	list(APPEND test_environment PORTHOLE_SANITIZED=1)
endif()
foreach(program porthole cporthole)
	if(TARGET ${program})
		string(TOUPPER ${program} var)
		list(APPEND test_environment ${var}=$<TARGET_FILE:${program}>)
	endif()
endforeach()

# unit: one program a file; other .c files of the part's folder are helpers linked into each.
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
file(GLOB unit_tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/*/test_*.c)
foreach(source ${unit_tests})
	cmake_path(GET source PARENT_PATH dir)
	cmake_path(GET dir FILENAME part)
	cmake_path(GET source STEM name)
	string(REGEX REPLACE "^test_" "" name ${name})
	file(GLOB helpers CONFIGURE_DEPENDS ${dir}/*.c)
	list(FILTER helpers EXCLUDE REGEX "/test_[^/]*$")

	set(target test_${part}_${name})
	add_executable(${target} ${source} ${helpers})
	target_compile_definitions(${target} PRIVATE TEST_DATA="${dir}" TESTS_DIR="${CMAKE_SOURCE_DIR}/tests")
	target_link_libraries(${target} PRIVATE porthole_chisels PkgConfig::CMOCKA)
	foreach(ui porthole_ui cporthole_ui)
		if(TARGET ${ui})
			target_link_libraries(${target} PRIVATE ${ui})
		endif()
	endforeach()
	set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/tests)
	add_test(NAME unit/${part}/${name} COMMAND ${target} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
	set_tests_properties(unit/${part}/${name} PROPERTIES
		LABELS "unit" TIMEOUT 120 SKIP_RETURN_CODE 77 ENVIRONMENT "${test_environment}")
endforeach()

# e2e: .c files here are workloads, static so that they run in any container and on any kernel, never sanitized.
file(GLOB workloads CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/e2e/*.c)
foreach(source ${workloads})
	cmake_path(GET source STEM name)
	add_executable(${name} ${source})
	target_compile_options(${name} PRIVATE -Wall -Wextra -Wshadow -Werror)
	target_compile_definitions(${name} PRIVATE _GNU_SOURCE=)
	target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/include)
	target_link_options(${name} PRIVATE -static)
	target_link_libraries(${name} PRIVATE Threads::Threads)
	set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/tests)
endforeach()

file(GLOB e2e_tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/e2e/test_*)
list(FILTER e2e_tests EXCLUDE REGEX "\\.[ch]$")
foreach(script ${e2e_tests})
	cmake_path(GET script STEM name)
	string(REGEX REPLACE "^test_" "" name ${name})
	add_test(NAME e2e/${name} COMMAND ${script} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
	set_tests_properties(e2e/${name} PROPERTIES
		LABELS "e2e" TIMEOUT 600 SKIP_RETURN_CODE 77 RUN_SERIAL ON ENVIRONMENT "${test_environment}")
endforeach()

# bench: what the scripts of tests/bench run; no tests, since how long something takes is no matter of right and wrong.
file(GLOB benchmarks CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/bench/*.c)
foreach(source ${benchmarks})
	cmake_path(GET source STEM name)
	add_executable(${name} ${source})
	target_link_libraries(${name} PRIVATE porthole_chisels PkgConfig::CMOCKA)
	set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/tests)
endforeach()

# bpf: the programs compile for the other architecture too; BPF is a target of its own, so that needs nothing of its kind.
if(bpf_other_arch)
	add_test(NAME bpf/${bpf_other_arch}
		COMMAND ${bpf_compile} -D__TARGET_ARCH_${bpf_other_arch} -o ${CMAKE_BINARY_DIR}/porthole.test.o)
	set_tests_properties(bpf/${bpf_other_arch} PROPERTIES LABELS "bpf" TIMEOUT 300)
endif()

# vm: the plain build only, a test a kernel. A sanitized program would be testing the sanitizer on an emulated processor.
if(TARGET porthole AND NOT PORTHOLE_SANITIZE)
	foreach(kernel 5.10 6.1 6.12)
		add_test(NAME vm/${kernel} COMMAND ${CMAKE_SOURCE_DIR}/tests/vm/run --kernel ${kernel})
		set_tests_properties(vm/${kernel} PROPERTIES
			LABELS "vm" TIMEOUT 900 SKIP_RETURN_CODE 77 RUN_SERIAL ON ENVIRONMENT "${test_environment}")
	endforeach()
endif()

if(PORTHOLE_FUZZ)
	file(GLOB fuzzers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz_*.c)
	foreach(source ${fuzzers})
		cmake_path(GET source STEM name)
		add_executable(${name} ${source})
		target_link_libraries(${name} PRIVATE porthole_chisels)
		target_link_options(${name} PRIVATE -fsanitize=fuzzer)
		set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/fuzz)
	endforeach()
endif()
