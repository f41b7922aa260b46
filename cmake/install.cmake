# Installs the headers and a package configuration that finds what the headers need by itself.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(config_dir ${CMAKE_INSTALL_DATADIR}/cmake/rapt)  # share/, not lib/: headers know no architecture
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/rapt DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.hpp" PATTERN "*.inl")
install(TARGETS rapt EXPORT raptTargets)
install(EXPORT raptTargets NAMESPACE rapt:: DESTINATION ${config_dir})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/raptConfig.cmake.in ${PROJECT_BINARY_DIR}/raptConfig.cmake
                              INSTALL_DESTINATION ${config_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/raptConfigVersion.cmake COMPATIBILITY SameMinorVersion
                                 ARCH_INDEPENDENT)
install(FILES ${PROJECT_BINARY_DIR}/raptConfig.cmake ${PROJECT_BINARY_DIR}/raptConfigVersion.cmake
              ${CMAKE_CURRENT_LIST_DIR}/raptIo.cmake DESTINATION ${config_dir})
