# SPDX-License-Identifier: MIT
#
# find_package(heaptracker): imported targets for programs that report their own heaps.
#
#   heaptracker::heaptracker      the shared library
#   heaptracker::static           the same, linked into the program
#   heaptracker::perflib          PERFLIB V2 for programs
#   heaptracker::processsnapshot  process snapshots

get_filename_component(_heaptracker_libdir "${CMAKE_CURRENT_LIST_DIR}/../.." REALPATH)
get_filename_component(_heaptracker_prefix "${CMAKE_CURRENT_LIST_DIR}/@UP@" REALPATH)
set(_heaptracker_include "${_heaptracker_prefix}/include/heapctrs")

if(WIN32)
  set(_heaptracker_system advapi32)
else()
  set(_heaptracker_system pthread)
endif()

function(_heaptracker_add_static name file)
  if(TARGET heaptracker::${name} OR NOT EXISTS "${_heaptracker_libdir}/${file}")
    return()
  endif()
  add_library(heaptracker::${name} STATIC IMPORTED)
  set_target_properties(heaptracker::${name} PROPERTIES
    IMPORTED_LOCATION "${_heaptracker_libdir}/${file}"
    IMPORTED_LINK_INTERFACE_LANGUAGES C
    INTERFACE_INCLUDE_DIRECTORIES "${_heaptracker_include}"
    INTERFACE_LINK_LIBRARIES "${_heaptracker_system}")
endfunction()

if(NOT TARGET heaptracker::heaptracker)
  add_library(heaptracker::heaptracker SHARED IMPORTED)
  set_target_properties(heaptracker::heaptracker PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${_heaptracker_include}")
  if(WIN32)
    if(MSVC)
      set(_heaptracker_implib "${_heaptracker_libdir}/heaptracker.lib")
    else()
      set(_heaptracker_implib "${_heaptracker_libdir}/libheaptracker.dll.a")
    endif()
    set_target_properties(heaptracker::heaptracker PROPERTIES
      IMPORTED_LOCATION "${_heaptracker_prefix}/bin/heaptracker.dll"
      IMPORTED_IMPLIB "${_heaptracker_implib}")
  else()
    set_target_properties(heaptracker::heaptracker PROPERTIES
      IMPORTED_LOCATION "${_heaptracker_libdir}/libheaptracker.so.1"
      IMPORTED_SONAME libheaptracker.so.1)
  endif()
endif()

# Visual C++ cannot use mingw's static libraries.
if(NOT MSVC)
  _heaptracker_add_static(static libheaptracker.a)
  _heaptracker_add_static(perflib libperflib.a)
  _heaptracker_add_static(processsnapshot libprocesssnapshot.a)
  if(WIN32 AND TARGET heaptracker::perflib)
    set_property(TARGET heaptracker::perflib PROPERTY INTERFACE_COMPILE_DEFINITIONS PERFLIB_EMULATED)
  endif()
endif()

set(heaptracker_FOUND TRUE)
